// Sum of maps, each times its factor. Acc holds every sum.
template <class Acc, i64... FACTORS>
struct Add : SameSize {
  template <class Act, class Y, class... X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>&... x) const {
    workers.share(y.size.height, 1, [&](int first, int last) {
      alignas(64) Acc sum[LANES];
      for (int column = 0; column < y.size.width * (last - first); column++)
        for (int c = 0; c < y.channels; c += LANES) {
          for (int i = 0; i < LANES; i += PIECE<Acc>) {
            const Modular<Acc> total = (product<FACTORS>(x.at(first, column) + c + i) + ...);
            std::memcpy(sum + i, &total, sizeof total);
          }
          act(sum, c, std::min(LANES, y.channels - c), y.at(first, column) + c);
        }
    });
  }

 private:
  template <i64 FACTOR, class X>
  static CORGI_INLINE Modular<Acc> product(const X* x) {
    Vector<Acc> wide;
    Vector<X, Acc> value;
    load(x, value);
    widen(value, wide);
    return (Modular<Acc>)wide * std::make_unsigned_t<Acc>(FACTOR);
  }
};
