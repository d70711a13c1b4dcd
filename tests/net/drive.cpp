// What drive.v does, for Verilator: drive WORDS TIMEOUT
#include <cstdio>
#include <cstdlib>

#include "Vtestbench.h"
#include "Vtestbench___024root.h"
#include "verilated.h"

int main(int, char **arguments) {
    VerilatedContext context;
    Vtestbench model{&context};
    auto *root = model.rootp;
    const long words = std::atol(arguments[1]), timeout = std::atol(arguments[2]);
    long cycles = 0, idle = 0;
    auto tick = [&] {
        for (int level : {1, 0}) {
            root->testbench__DOT__clk = level;
            model.eval();
            context.timeInc(1);
        }
        ++cycles;
    };
    root->testbench__DOT__clk = 0;
    root->testbench__DOT__flush = 0;
    root->testbench__DOT__recording = 1;
    root->testbench__DOT__rst = 1;
    for (int k = 0; k < 10; ++k) tick();
    root->testbench__DOT__rst = 0;
    long moved = 0;
    while (root->testbench__DOT__moved < words && idle < timeout) {
        tick();
        idle = root->testbench__DOT__moved == moved ? idle + 1 : 0;
        moved = root->testbench__DOT__moved;
    }
    for (int k = 0; k < 300; ++k) tick();
    root->testbench__DOT__flush = 1;
    tick();
    std::printf("cycles %ld\n", cycles);
}
