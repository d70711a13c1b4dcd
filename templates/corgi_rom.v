// Read-only memory; `data` answers one cycle after `en` and holds while `en` is low.
module corgi_rom #(
    parameter WIDTH = 1,
    parameter DEPTH = 2,
    parameter ADDRESS = 1,
    parameter IMAGE = ""
) (
    input wire clk,
    input wire en,
    input wire [ADDRESS-1:0] addr,
    output reg [WIDTH-1:0] data
);
    reg [WIDTH-1:0] words[0:DEPTH-1];

    generate
        if (IMAGE != "") begin : contents
            initial $readmemh(IMAGE, words);
        end
    endgenerate

    always @(posedge clk) if (en) data <= words[addr];
endmodule
