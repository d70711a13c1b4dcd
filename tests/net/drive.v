// Clock, reset and end of a testbench, without a language above the simulator's own.
`timescale 1ns / 1ps

module drive #(
    parameter SEED = 1,
    parameter WORDS = 1,    // on all streams together
    parameter TIMEOUT = 1  // cycles without any word after which the design is stuck
);
    testbench #(.SEED(SEED)) bench ();

    integer idle;
    integer cycles;
    reg [31:0] moved;

    task tick;
        begin
            #1 bench.clk = 1;
            #1 bench.clk = 0;
            cycles = cycles + 1;
        end
    endtask

    initial begin
        bench.clk = 0;
        bench.flush = 0;
        bench.recording = 1;
        bench.rst = 1;
        moved = 0;
        idle = 0;
        cycles = 0;
        repeat (10) tick;
        bench.rst = 0;
        while (bench.moved < WORDS && idle < TIMEOUT) begin
            tick;
            idle = bench.moved == moved ? idle + 1 : 0;
            moved = bench.moved;
        end
        repeat (300) tick;  // words that are too many
        bench.flush = 1;
        tick;
        $display("cycles %0d", cycles);
        $finish;
    end
endmodule
