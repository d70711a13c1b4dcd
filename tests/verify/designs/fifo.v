// Passes words of 18 bits on, up to 4 waiting.
module fifo (
    input clk,
    input rst,
    input [17:0] i__payload,
    input i__valid,
    output i__ready,
    output [17:0] o__payload,
    output o__valid,
    input o__ready
);
    reg [17:0] words[0:3];
    reg [2:0] write, read;

    assign i__ready = write - read != 3'd4;
    assign o__valid = write != read;
    assign o__payload = words[read[1:0]];

    always @(posedge clk)
        if (rst) begin
            write <= 0;
            read <= 0;
        end else begin
            if (i__valid & i__ready) begin
                words[write[1:0]] <= i__payload;
                write <= write + 1;
            end
            if (o__valid & o__ready) read <= read + 1;
        end
endmodule
