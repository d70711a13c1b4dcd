"""What is at the other end of the wires: an SPI master of mode 0 in the Amaranth simulator."""

CORE = 1e-9  # period of the core's clock


class Master:
    """Reads and writes registers with a clock of ``ratio`` core cycles, beginning at any time."""

    def __init__(self, ctx, spi, *, ratio=4.0, offset=0.0):
        self.ctx = ctx
        self.spi = spi
        self.period = ratio * CORE
        self.offset = offset * CORE

    async def bit(self, value):
        """Send one bit and return the one that is there when the clock rises."""
        self.ctx.set(self.spi.mosi, value)
        await self.ctx.delay(self.period / 2)
        got = self.ctx.get(self.spi.miso)
        self.ctx.set(self.spi.sck, 1)
        await self.ctx.delay(self.period / 2)
        self.ctx.set(self.spi.sck, 0)
        return got

    async def word(self, value, bits=32):
        got = 0
        for k in reversed(range(bits)):
            got = got << 1 | await self.bit(value >> k & 1)
        return got

    async def select(self):
        await self.ctx.delay(self.offset + self.period)
        self.ctx.set(self.spi.cs_n, 0)
        await self.ctx.delay(self.period)

    async def deselect(self):
        await self.ctx.delay(self.period)
        self.ctx.set(self.spi.cs_n, 1)
        await self.ctx.delay(self.period)

    async def write(self, address, *words):
        await self.select()
        await self.word(address << 1, 8)
        for value in words:
            await self.word(value)
        await self.deselect()

    async def read(self, address, count=1):
        await self.select()
        await self.word(address << 1 | 1, 8)
        got = [await self.word(0x5A5A5A5A) for _ in range(count)]
        await self.deselect()
        return got


async def start(ctx, spi):
    """The pins at rest, through the reset."""
    ctx.set(spi.cs_n, 1)
    await ctx.tick().repeat(4)
