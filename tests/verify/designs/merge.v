// Twice the values of one map less those of another: words of 2 lanes, of which one comes of each.
module merge (
    input clk,
    input rst,
    input [7:0] i0__payload,
    input i0__valid,
    output i0__ready,
    input [5:0] i1__payload,
    input i1__valid,
    output i1__ready,
    output reg [13:0] o__payload,
    output reg o__valid,
    input o__ready
);
    wire free = !o__valid | o__ready;
    wire take = i0__valid & i1__valid & free;
    wire signed [2:0] low = i1__payload[2:0], high = i1__payload[5:3];

    assign i0__ready = i1__valid & free;
    assign i1__ready = i0__valid & free;

    always @(posedge clk)
        if (rst) o__valid <= 0;
        else begin
            if (free) o__valid <= take;
            if (take) begin
                o__payload[6:0] <= $signed({2'b0, i0__payload[3:0], 1'b0}) - low;
                o__payload[13:7] <= $signed({2'b0, i0__payload[7:4], 1'b0}) - high;
            end
        end
endmodule
