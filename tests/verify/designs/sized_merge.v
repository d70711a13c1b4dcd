// merge, with the sizes of all maps beside them: those of an output are width of one input and
// height of the other.
module sized_merge (
    input clk,
    input rst,
    input [31:0] i0_size__payload,
    input i0_size__valid,
    output i0_size__ready,
    input [7:0] i0__payload,
    input i0__valid,
    output i0__ready,
    input [31:0] i1_size__payload,
    input i1_size__valid,
    output i1_size__ready,
    input [5:0] i1__payload,
    input i1__valid,
    output i1__ready,
    output [31:0] o_size__payload,
    output o_size__valid,
    input o_size__ready,
    output [13:0] o__payload,
    output o__valid,
    input o__ready
);
    assign o_size__payload = {i1_size__payload[31:16], i0_size__payload[15:0]};
    assign o_size__valid = i0_size__valid & i1_size__valid;
    assign i0_size__ready = i1_size__valid & o_size__ready;
    assign i1_size__ready = i0_size__valid & o_size__ready;

    merge inner (
        .clk(clk), .rst(rst),
        .i0__payload(i0__payload), .i0__valid(i0__valid), .i0__ready(i0__ready),
        .i1__payload(i1__payload), .i1__valid(i1__valid), .i1__ready(i1__ready),
        .o__payload(o__payload), .o__valid(o__valid), .o__ready(o__ready)
    );
endmodule
