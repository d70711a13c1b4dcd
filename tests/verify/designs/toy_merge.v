// sized_merge with one map at both inputs: twice a value, less its low 3 bits with their sign.
module toy_merge (
    input clk,
    input rst,
    input [15:0] width,
    input [15:0] height,
    input [7:0] i__payload,
    input i__valid,
    output i__ready,
    output [13:0] o__payload,
    output o__valid,
    input o__ready
);
    wire both_ready;
    wire [31:0] size;
    wire size_valid, size_ready, other_size_ready;

    sized_merge inner (
        .clk(clk), .rst(rst),
        .i0_size__payload({height, width}), .i0_size__valid(i__valid), .i0_size__ready(size_ready),
        .i1_size__payload({height, width}), .i1_size__valid(i__valid),
        .i1_size__ready(other_size_ready),
        .i0__payload(i__payload), .i0__valid(i__valid), .i0__ready(i__ready),
        .i1__payload({i__payload[6:4], i__payload[2:0]}), .i1__valid(i__valid),
        .i1__ready(both_ready),
        .o_size__payload(size), .o_size__valid(size_valid), .o_size__ready(1'b1),
        .o__payload(o__payload), .o__valid(o__valid), .o__ready(o__ready)
    );
endmodule
