// Drives a stream with the words of a memory image, in order, each offered until it is taken.
// Bit WIDTH of an image word marks the first word of a frame; the cycle in which such a word is
// taken goes to the log. While `valid` is low the payload is wrong on purpose. No word comes before
// its turn, which is every INTERVAL cycles; late ones catch up. The first word after CALM frames
// waits until `drained`.
module driver #(
    parameter WIDTH = 8,
    parameter WORDS = 1,
    parameter IMAGE = "words.hex",
    parameter LOG = "words.log",
    parameter SEED = 1,
    parameter INTERVAL = 1,
    parameter CALM = 0
) (
    input clk,
    input rst,
    input flush,
    input recording,
    input stalling,
    input drained,
    output [WIDTH-1:0] payload,
    output valid,
    input ready,
    output first,             // the word on offer, now or after a stall, is the first of a frame
    output reg [31:0] frame,  // frames begun
    output reg [31:0] count   // words taken
);
    reg [WIDTH:0] words[0:WORDS-1];
    wire [WIDTH:0] word = words[count];
    reg [63:0] cycle;
    reg held;
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

    wire waiting = first && frame == CALM && !drained;

    assign valid = count < WORDS && !held && !waiting && cycle > INTERVAL * count;
    assign payload = valid ? word[WIDTH-1:0] : ~word[WIDTH-1:0];
    assign first = word[WIDTH];

    initial begin
        $readmemh(IMAGE, words);
        log = $fopen(LOG, "w");
    end

    always @(posedge clk)
        if (rst) begin
            cycle <= 0;
            held <= 1;
            frame <= 0;
            count <= 0;
        end else begin
            cycle <= cycle + 1;
            if (!valid || ready) held <= stall;
            if (valid && ready) begin
                count <= count + 1;
                if (first) begin
                    frame <= frame + 1;
                    if (recording) $fwrite(log, "%d\n", cycle);
                end
            end
        end

    always @(posedge clk) if (flush) $fflush(log);
endmodule
