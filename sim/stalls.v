// Random pauses of one side of a stream. Every 64 cycles the stall rate changes: pauses take none, a
// quarter, half, three quarters or all of the cycles. All, so that buffers run full or empty.
module stalls #(
    parameter SEED = 1
) (
    input clk,
    input rst,
    input on,
    output stall
);
    function [31:0] xorshift(input [31:0] x);
        begin
            xorshift = x ^ (x << 13);
            xorshift = xorshift ^ (xorshift >> 17);
            xorshift = xorshift ^ (xorshift << 5);
        end
    endfunction

    reg [31:0] noise;
    reg [5:0] age;
    reg [2:0] stall_rate;

    // 4 and 5 are none, 6 and 7 are all
    assign stall = on && (stall_rate[2] ? stall_rate[1] : noise[1:0] < stall_rate[1:0]);

    always @(posedge clk)
        if (rst) begin
            noise <= (SEED * 32'h9E3779B1) | 32'h1;
            age <= 0;
            stall_rate <= 2;
        end else begin
            noise <= xorshift(noise);
            age <= age + 1;
            if (age == 63) stall_rate <= noise[10:8];
        end
endmodule
