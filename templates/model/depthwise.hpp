// Convolution of each channel with its own window. Acc holds every partial sum.
template <class Acc>
struct Depthwise {
  Window window;
  int channels, stride;
  std::vector<Acc> weights, bias;  // [tap][channel], [channel]

  Depthwise(const Window& window, int channels, const Packed& packed, const Packed& packed_bias)
      : window(window), channels(channels), stride(channels + LANES),
        weights(std::size_t(stride) * window.rows * window.columns), bias(unpack<Acc>(packed_bias)) {
    const std::vector<Acc> values = unpack<Acc>(packed);  // [tap][channel]
    bias.resize(stride);
    for (int tap = 0; tap < window.rows * window.columns; tap++)
      std::copy_n(&values[std::size_t(tap) * channels], channels, &weights[std::size_t(tap) * stride]);
  }

  template <class X, class Y, class Act>
  void run(Workers& workers, const Act& act, const Map<X>& x, const Map<Y>& y) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      std::vector<const X*> pixels;
      std::vector<const Acc*> factors;
      for (int row = first; row < last; row++)
        for (int column = 0; column < y.size.width; column++) {
          taps(x, row, column, pixels, factors);
          Y* to = y.at(row, column);
          for (int c = 0; c < channels; c += LANES) {
            alignas(64) Acc sum[LANES];
            sums(pixels, factors, c, sum);
            act(sum, c, std::min(LANES, channels - c), to + c);
          }
        }
    });
  }

 private:
  // The pixels under the window, and the weights that each is multiplied by.
  template <class X>
  void taps(const Map<X>& x, int row, int column, std::vector<const X*>& pixels,
            std::vector<const Acc*>& factors) const {
    pixels.clear();
    factors.clear();
    for (int j = 0; j < window.rows; j++)
      for (int k = 0; k < window.columns; k++) {
        const int r = row * window.stride_y - window.top + j;
        const int c = column * window.stride_x - window.left + k;
        if (r < 0 || r >= x.size.height || c < 0 || c >= x.size.width) continue;
        pixels.push_back(x.at(r, c));
        factors.push_back(&weights[std::size_t(j * window.columns + k) * stride]);
      }
  }

  template <class X>
  void sums(const std::vector<const X*>& pixels, const std::vector<const Acc*>& factors, int c,
            Acc* sum) const {
    Vector<Acc> total, factor;
    Vector<X> pixel;
    load(&bias[c], total);
    for (std::size_t tap = 0; tap < pixels.size(); tap++) {
      load(pixels[tap] + c, pixel);
      load(factors[tap] + c, factor);
      total += __builtin_convertvector(pixel, Vector<Acc>) * factor;
    }
    std::memcpy(sum, &total, sizeof total);
  }
};
