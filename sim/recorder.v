// Takes words from a stream and logs each with the cycle it was taken in, in binary. A line with
// `!` in place of `=` is a breach of the stream rule: a word on offer changed, or was withdrawn,
// before it was taken.
module recorder #(
    parameter WIDTH = 8,
    parameter WORDS = 1,
    parameter LOG = "words.log",
    parameter SEED = 1
) (
    input clk,
    input rst,
    input flush,
    input stalling,
    input [WIDTH-1:0] payload,
    input valid,
    output ready,
    output reg [31:0] count  // words taken, at most WORDS; more than that are in the log only
);
    reg [63:0] cycle;
    reg held;
    reg waiting;
    reg [WIDTH-1:0] offered;
    wire stall;
    integer log;

    stalls #(
        .SEED(SEED)
    ) source (
        .clk(clk),
        .rst(rst),
        .on(stalling),
        .stall(stall)
    );

    assign ready = !held;

    initial log = $fopen(LOG, "w");

    always @(posedge clk)
        if (rst) begin
            cycle <= 0;
            held <= 1;
            waiting <= 0;
            count <= 0;
        end else begin
            cycle <= cycle + 1;
            held <= stall;
            waiting <= valid && !ready;
            offered <= payload;
            if (waiting && (!valid || payload !== offered)) $fwrite(log, "!%d %b\n", cycle, payload);
            if (valid && ready) begin
                if (count < WORDS) count <= count + 1;
                $fwrite(log, "=%d %b\n", cycle, payload);
            end
        end

    always @(posedge clk) if (flush) $fflush(log);
endmodule
