// Adds a constant of its own to each of 4 channels: words of 3 lanes of 4 bits in, 6 signed bits out.
module add (
    input clk,
    input rst,
    input [11:0] i__payload,
    input i__valid,
    output i__ready,
    output reg [17:0] o__payload,
    output reg o__valid,
    input o__ready
);
    reg signed [5:0] bias[0:5];
    reg part;
    reg [15:0] taken;
    wire [2:0] base = part ? 3'd3 : 3'd0;
    wire take = i__valid & i__ready;

    initial $readmemh("add_bias.hex", bias);

    assign i__ready = !o__valid | o__ready;

    always @(posedge clk)
        if (rst) begin
            o__valid <= 0;
            part <= 0;
            taken <= 0;
        end else begin
            if (!o__valid | o__ready) o__valid <= take;
            if (take) begin
                part <= !part;
                taken <= taken + 1;
                o__payload <= {
                    bias[base+2] + {2'b0, i__payload[11:8]},
                    bias[base+1] + {2'b0, i__payload[7:4]},
                    bias[base] + {2'b0, i__payload[3:0]}
                };
            end
        end
endmodule
