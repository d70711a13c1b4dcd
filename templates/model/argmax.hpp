// Index of the largest channel; of equal ones the lowest.
struct Argmax : SameSize {
  template <class Y, class X>
  void run(Workers& workers, const Map<Y>& y, const Map<X>& x) const {
    workers.share(x.size.height, 1, [&](int first, int last) {
      for (int column = 0; column < x.size.width * (last - first); column++) {
        const X* pixel = x.at(first, column);
        *y.at(first, column) = Y(std::max_element(pixel, pixel + x.channels) - pixel);
      }
    });
  }
};
