// Keeps every second row and column of a map of one bit, whose size comes by itself; `o_all` gives
// the whole map.
module halve (
    input clk,
    input rst,
    input [31:0] i_size__payload,
    input i_size__valid,
    output i_size__ready,
    input [0:0] i__payload,
    input i__valid,
    output i__ready,
    output [31:0] o_size__payload,
    output o_size__valid,
    input o_size__ready,
    output [0:0] o__payload,
    output o__valid,
    input o__ready,
    output [31:0] o_all_size__payload,
    output o_all_size__valid,
    input o_all_size__ready,
    output [0:0] o_all__payload,
    output o_all__valid,
    input o_all__ready
);
    reg busy, told, told_all, given, given_all;
    reg [15:0] width, height, x, y;
    wire kept = !x[0] & !y[0];
    wire done = (given | !kept | o__ready) & (given_all | o_all__ready);
    wire last = x == width - 16'd1 & y == height - 16'd1;

    assign i_size__ready = !busy & told & told_all;
    assign i__ready = busy & done;
    assign o__payload = i__payload;
    assign o_all__payload = i__payload;
    assign o__valid = busy & i__valid & kept & !given;
    assign o_all__valid = busy & i__valid & !given_all;
    assign o_size__payload = {(height + 16'd1) >> 1, (width + 16'd1) >> 1};
    assign o_all_size__payload = {height, width};
    assign o_size__valid = !told;
    assign o_all_size__valid = !told_all;

    always @(posedge clk)
        if (rst) begin
            busy <= 0;
            told <= 1;
            told_all <= 1;
            given <= 0;
            given_all <= 0;
        end else begin
            if (o_size__ready) told <= 1;
            if (o_all_size__ready) told_all <= 1;
            if (i_size__valid & i_size__ready) begin
                busy <= 1;
                told <= 0;
                told_all <= 0;
                {height, width} <= i_size__payload;
                x <= 0;
                y <= 0;
            end
            if (o__valid & o__ready) given <= 1;
            if (o_all__valid & o_all__ready) given_all <= 1;
            if (i__valid & i__ready) begin
                given <= 0;
                given_all <= 0;
                x <= x == width - 1 ? 16'd0 : x + 16'd1;
                if (x == width - 1) y <= y + 1;
                if (last) busy <= 0;
            end
        end
endmodule
