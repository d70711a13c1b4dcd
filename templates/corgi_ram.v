// Memory with a write port and a read port; `read_data` answers one cycle after `read_en` and holds
// while it is low. A word read in the cycle in which it is written is undefined.
module corgi_ram #(
    parameter WIDTH = 1,
    parameter DEPTH = 2,
    parameter ADDRESS = 1
) (
    input wire clk,
    input wire write_en,
    input wire [ADDRESS-1:0] write_addr,
    input wire [WIDTH-1:0] write_data,
    input wire read_en,
    input wire [ADDRESS-1:0] read_addr,
    output reg [WIDTH-1:0] read_data
);
    reg [WIDTH-1:0] words[0:DEPTH-1];

    always @(posedge clk) begin
        if (write_en) words[write_addr] <= write_data;
        if (read_en) read_data <= words[read_addr];
    end
endmodule
