// Logs each word that passes on a stream with the cycle it passes in, in binary, and drives nothing.
// A line with `!` in place of `=` is a violation of the stream rule: a word on offer changed, or was
// withdrawn, before it was taken.
module monitor #(
    parameter WIDTH = 8,
    parameter WORDS = 1,
    parameter LOG = "words.log"
) (
    input clk,
    input rst,
    input flush,
    input recording,
    input [WIDTH-1:0] payload,
    input valid,
    input ready,
    output reg [31:0] count  // words taken, at most WORDS; more than that are in the log only
);
    reg [63:0] cycle;
    reg waiting;
    reg [WIDTH-1:0] offered;
    integer log;

    initial log = $fopen(LOG, "w");

    always @(posedge clk)
        if (rst) begin
            cycle <= 0;
            waiting <= 0;
            count <= 0;
        end else begin
            cycle <= cycle + 1;
            waiting <= valid && !ready;
            offered <= payload;
            if (recording && waiting && (!valid || payload !== offered))
                $fwrite(log, "!%d %b\n", cycle, payload);
            if (valid && ready) begin
                if (count < WORDS) count <= count + 1;
                if (recording) $fwrite(log, "=%d %b\n", cycle, payload);
            end
        end

    always @(posedge clk) if (flush) $fflush(log);
endmodule
