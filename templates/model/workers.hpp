// Threads that share the rows of a map: each takes the next few until none are left.
class Workers {
 public:
  explicit Workers(int threads) {
    for (int i = 1; i < threads; i++) pool.emplace_back([this] { serve(); });
  }
  ~Workers() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (std::thread& thread : pool) thread.join();
  }
  int threads() const { return int(pool.size()) + 1; }

  // Calls work(first, last) for ranges that cover 0..count, at most `grain` long; waits for all.
  void share(int count, int grain, const std::function<void(int, int)>& work) {
    if (pool.empty() || count <= grain) {
      for (int first = 0; first < count; first += grain) work(first, std::min(first + grain, count));
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex);
      job = &work;
      total = count;
      step = grain;
      next = 0;
      busy = int(pool.size());
      round++;
    }
    wake.notify_all();
    take();
    std::unique_lock<std::mutex> lock(mutex);
    done.wait(lock, [this] { return busy == 0; });
  }

 private:
  void take() {
    for (int first; (first = next.fetch_add(step)) < total;) {
      (*job)(first, std::min(first + step, total));
    }
  }
  void serve() {
    for (long seen = 0;;) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return stop || round != seen; });
        if (stop) return;
        seen = round;
      }
      take();
      std::lock_guard<std::mutex> lock(mutex);
      if (--busy == 0) done.notify_one();
    }
  }

  std::vector<std::thread> pool;
  std::mutex mutex;
  std::condition_variable wake, done;
  const std::function<void(int, int)>* job = nullptr;
  std::atomic<int> next{0};
  int total = 0, step = 1, busy = 0;
  long round = 0;
  bool stop = false;
};
