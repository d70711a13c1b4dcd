// Memory with a write port and a read port, each with a clock of its own; `read_data` answers one
// cycle of `read_clk` after `read_en` and holds while it is low. A word that is read while it is
// written is undefined.
module corgi_ram_crossing #(
    parameter WIDTH = 1,
    parameter DEPTH = 2,
    parameter ADDRESS = 1
) (
    input wire write_clk,
    input wire write_en,
    input wire [ADDRESS-1:0] write_addr,
    input wire [WIDTH-1:0] write_data,
    input wire read_clk,
    input wire read_en,
    input wire [ADDRESS-1:0] read_addr,
    output reg [WIDTH-1:0] read_data
);
    reg [WIDTH-1:0] words[0:DEPTH-1];

    always @(posedge write_clk) if (write_en) words[write_addr] <= write_data;

    always @(posedge read_clk) if (read_en) read_data <= words[read_addr];
endmodule
