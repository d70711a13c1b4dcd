// Takes words from a stream, and now and then none while `stalling`.
module receiver #(
    parameter SEED = 1
) (
    input clk,
    input rst,
    input stalling,
    output ready
);
    reg held;
    wire stall;

    stalls #(
        .SEED(SEED)
    ) source (
        .clk(clk),
        .rst(rst),
        .on(stalling),
        .stall(stall)
    );

    assign ready = !held;

    always @(posedge clk) held <= rst || stall;
endmodule
