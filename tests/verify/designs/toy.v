module toy (
    input clk,
    input rst,
    input [11:0] i__payload,
    input i__valid,
    output i__ready,
    output [17:0] o__payload,
    output o__valid,
    input o__ready
);
    wire [17:0] sum__payload;
    wire sum__valid, sum__ready;

    add add (
        .clk(clk), .rst(rst),
        .i__payload(i__payload), .i__valid(i__valid), .i__ready(i__ready),
        .o__payload(sum__payload), .o__valid(sum__valid), .o__ready(sum__ready)
    );
    fifo fifo (
        .clk(clk), .rst(rst),
        .i__payload(sum__payload), .i__valid(sum__valid), .i__ready(sum__ready),
        .o__payload(o__payload), .o__valid(o__valid), .o__ready(o__ready)
    );
endmodule
