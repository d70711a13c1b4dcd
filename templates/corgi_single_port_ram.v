// Memory that reads or writes one word per cycle; `read_data` answers one cycle after a read and holds
// until the next one.
module corgi_single_port_ram #(
    parameter WIDTH = 1,
    parameter DEPTH = 2,
    parameter ADDRESS = 1
) (
    input wire clk,
    input wire en,
    input wire write,
    input wire [ADDRESS-1:0] addr,
    input wire [WIDTH-1:0] write_data,
    output reg [WIDTH-1:0] read_data
);
    reg [WIDTH-1:0] words[0:DEPTH-1];

    always @(posedge clk) begin
        if (en && write) words[addr] <= write_data;
        if (en && !write) read_data <= words[addr];
    end
endmodule
