// Channels of some maps, in runs: of which map, from which channel on, and how many.
struct Route : SameSize {
  std::vector<int> runs;

  explicit Route(const Packed& packed) : runs(unpack<int>(packed)) {}

  template <class Y, class... X>
  void run(Workers& workers, const Map<Y>& y, const Map<X>&... x) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      Y* to = y.at(first, 0);
      for (int column = 0; column < y.size.width * (last - first); column++)
        for (auto run = runs.begin(); run != runs.end(); run += 3) {
          int map = 0;
          ((map++ == run[0] ? to = std::copy_n(x.at(first, column) + run[1], run[2], to) : to), ...);
        }
    });
  }
};

// Every pixel as so many rows and columns of pixels.
struct Upsample {
  int rows, columns;

  Size output(Size x) const { return {x.height * rows, x.width * columns}; }

  template <class Y, class X>
  void run(Workers& workers, const Map<Y>& y, const Map<X>& x) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      Y* to = y.at(first, 0);
      for (int row = first; row < last; row++)
        for (int column = 0; column < x.size.width; column++)
          for (int k = 0; k < columns; k++)
            to = std::copy_n(x.at(row / rows, column), x.channels, to);
    });
  }
};

// Groups of channels as the pixels of a block: those of one pixel come together, or, if `block_last`,
// those of one channel.
struct DepthToSpace {
  int block;
  bool block_last;

  Size output(Size x) const { return {x.height * block, x.width * block}; }

  template <class Y, class X>
  void run(Workers& workers, const Map<Y>& y, const Map<X>& x) const {
    const int pixel = block_last ? 1 : y.channels;  // from one pixel of the block to the next
    const int channel = block_last ? block * block : 1;
    workers.share(y.size.height, 1, [&](int first, int last) {
      for (int row = first; row < last; row++)
        for (int column = 0; column < y.size.width; column++) {
          const X* from = x.at(row / block, column / block) +
                          (row % block * block + column % block) * pixel;
          Y* to = y.at(row, column);
          for (int c = 0; c < y.channels; c++) to[c] = Y(from[c * channel]);
        }
    });
  }
};

// Rows and columns of `value` around a map.
struct Pad {
  int top, left, bottom, right;
  i64 value;

  Size output(Size x) const { return {x.height + top + bottom, x.width + left + right}; }

  template <class Y, class X>
  void run(Workers& workers, const Map<Y>& y, const Map<X>& x) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      for (int row = first; row < last; row++) {
        const bool inside = row >= top && row < top + x.size.height;
        const int before = inside ? left : y.size.width, after = inside ? right : 0;
        Y* to = std::fill_n(y.at(row, 0), before * y.channels, Y(value));
        if (inside) to = std::copy_n(x.at(row - top, 0), x.size.width * x.channels, to);
        std::fill_n(to, after * y.channels, Y(value));
      }
    });
  }
};
