// halve, with the size as ports that are sampled with the first word of a frame.
module toy_halve (
    input clk,
    input rst,
    input [7:0] width,
    input [7:0] height,
    input [0:0] i__payload,
    input i__valid,
    output i__ready,
    output [0:0] o__payload,
    output o__valid,
    input o__ready,
    output [0:0] o_all__payload,
    output o_all__valid,
    input o_all__ready
);
    wire size_ready, inner_ready;
    wire [31:0] size, size_all;
    wire size_valid, size_all_valid;

    assign i__ready = inner_ready;

    halve inner (
        .clk(clk), .rst(rst),
        .i_size__payload({8'd0, height, 8'd0, width}),
        .i_size__valid(i__valid), .i_size__ready(size_ready),
        .i__payload(i__payload), .i__valid(i__valid), .i__ready(inner_ready),
        .o_size__payload(size), .o_size__valid(size_valid), .o_size__ready(1'b1),
        .o__payload(o__payload), .o__valid(o__valid), .o__ready(o__ready),
        .o_all_size__payload(size_all), .o_all_size__valid(size_all_valid),
        .o_all_size__ready(1'b1),
        .o_all__payload(o_all__payload), .o_all__valid(o_all__valid), .o_all__ready(o_all__ready)
    );
endmodule
