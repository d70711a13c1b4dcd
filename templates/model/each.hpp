// An activation by itself.
template <class Acc>
struct Each : SameSize {
  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    workers.share(x.size.height, 1, [&](int first, int last) {
      Acc sum[LANES];
      for (int column = 0; column < x.size.width * (last - first); column++) {
        const X* from = x.at(first, column);
        Y* to = y.at(first, column);
        for (int c = 0; c < x.channels; c += LANES) {
          for (int i = 0; i < LANES; i++) sum[i] = Acc(from[c + i]);
          act(sum, c, std::min(LANES, x.channels - c), to + c);
        }
      }
    });
  }
};
