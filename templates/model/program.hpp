// The functions of a shared library, and the program.

// Copy a frame between [channel][row][column] and [row][column][channel].
template <class T>
void planes_to_pixels(Workers& workers, const T* planes, Size size, int channels, T* pixels) {
  const i64 width = size.width, area = size.height * width;
  workers.share(size.height, 4, [&](int first, int last) {
    for (i64 i = first * width; i < last * width; i++)
      for (int c = 0; c < channels; c++) pixels[i * channels + c] = planes[c * area + i];
  });
}

template <class T>
void pixels_to_planes(const T* pixels, Size size, int channels, T* planes) {
  const i64 area = i64(size.height) * size.width;
  for (i64 i = 0; i < area; i += 64)
    for (int c = 0; c < channels; c++)
      for (i64 j = i; j < std::min(i + 64, area); j++) planes[c * area + j] = pixels[j * channels + c];
}

void arrange(const void* pixels, int bytes, Size size, int channels, void* planes) {
  if (bytes == 1) pixels_to_planes((const u8*)pixels, size, channels, (u8*)planes);
  if (bytes == 2) pixels_to_planes((const u16*)pixels, size, channels, (u16*)planes);
  if (bytes == 4) pixels_to_planes((const i32*)pixels, size, channels, (i32*)planes);
  if (bytes == 8) pixels_to_planes((const i64*)pixels, size, channels, (i64*)planes);
}

using Sizes = std::array<Size, INPUTS>;

// Which input it is, where there are several.
template <class Entry>
std::string at(const Entry& entry) {
  return *entry.name ? " at input " + std::string(entry.name) : "";
}

// Why an input cannot take maps of this size; empty if it can.
template <class Entry>
std::string entry_size_fault(const Entry& entry, Size size) {
  if (size.width < 1 || size.height < 1) return "width and height must be at least 1";
  const Size fixed = entry.fixed;
  if (!fixed.width || (size.width == fixed.width && size.height == fixed.height)) return "";
  return "frames are " + std::to_string(size.width) + "x" + std::to_string(size.height) +
         ", and this network takes only " + std::to_string(fixed.width) + "x" +
         std::to_string(fixed.height) + at(entry);
}

// Why frames of these sizes cannot be evaluated; empty if they can.
std::string size_fault(const Network& network, const Sizes& entering) {
  std::string fault;
  each_input([&](int number, const auto& entry) {
    if (fault.empty()) fault = entry_size_fault(entry, entering[number]);
  });
  if (!fault.empty()) return fault;
  const std::string given =
      std::to_string(entering[0].width) + "x" + std::to_string(entering[0].height);
  const std::array<Size, MAPS> sizes = network.map_sizes(entering);
  for (int i = 0; i < MAPS; i++) {
    if (sizes[i].height < 0)
      return "frames of " + given + " give layer " + LAYERS[i] + " maps of different sizes";
    if (sizes[i].height < 1 || sizes[i].width < 1)
      return "frames of " + given + " are smaller than the window of layer " + LAYERS[i];
  }
  return "";
}

// Empty, or why the map at `pixels` is not one for this input.
template <class Entry>
std::string range_fault(const Entry& entry, const typename Entry::type* pixels, i64 count) {
  typename Entry::type lowest = pixels[0], highest = pixels[0];
  for (i64 i = 0; i < count; i++) {
    lowest = std::min(lowest, pixels[i]);
    highest = std::max(highest, pixels[i]);
  }
  if (i64(lowest) >= entry.lowest && i64(highest) <= entry.highest) return "";
  return "values are " + std::to_string(lowest) + ".." + std::to_string(highest) +
         ", and the input takes " + std::to_string(entry.lowest) + ".." +
         std::to_string(entry.highest) + at(entry);
}

struct Model {
  Workers workers;
  Network network;
  std::string fault;
  std::array<std::vector<i64>, INPUTS> pixels;

  explicit Model(int threads) : workers(threads) {}

  // Evaluates one frame, a map for each input; results are in `network` until the next. False with
  // `fault` set if it cannot.
  bool run(const Sizes& sizes, const void* const* maps, bool planes) {
    fault = size_fault(network, sizes);
    std::array<void*, INPUTS> entering{};
    each_input([&](int number, const auto& entry) {
      if (fault.empty())
        entering[number] = enter(entry, sizes[number], maps[number], planes, pixels[number]);
    });
    if (!fault.empty()) return false;
    network.evaluate(workers, sizes, entering);
    return true;
  }

 private:
  // The map as [row][column][channel], in `buffer`; `fault` is set if it is none for this input.
  template <class Entry>
  void* enter(const Entry& entry, Size size, const void* map, bool planes,
              std::vector<i64>& buffer) {
    using T = typename Entry::type;
    const i64 count = i64(size.height) * size.width * entry.channels;
    const T* frame = static_cast<const T*>(map);
    fault = range_fault(entry, frame, count);
    buffer.resize((count * sizeof(T) + SLACK) / sizeof(i64) + 1);
    T* to = reinterpret_cast<T*>(buffer.data());
    if (planes) planes_to_pixels(workers, frame, size, entry.channels, to);
    else std::copy_n(frame, count, to);
    return to;
  }
};

// Height and width of each input in turn.
Sizes sizes_from(const int* numbers) {
  Sizes sizes;
  for (Size& size : sizes) {
    size.height = *numbers++;
    size.width = *numbers++;
  }
  return sizes;
}

}  // namespace

extern "C" {

// JSON: for each input and output its name, channels and type, and for inputs their range.
const char* corgi_describe() { return DESCRIPTION; }

void* corgi_open(int threads) { return new Model(std::max(threads, 1)); }

void corgi_close(void* model) { delete static_cast<Model*>(model); }

// Sentence about the last call that failed.
const char* corgi_fault(void* model) { return static_cast<Model*>(model)->fault.c_str(); }

// Height and width of every output, in turn, from those of every input. 0, or 1 if there is a fault.
int corgi_sizes(void* opened, const int* entering, int* sizes) {
  Model& model = *static_cast<Model*>(opened);
  model.fault = size_fault(model.network, sizes_from(entering));
  if (!model.fault.empty()) return 1;
  for (const Size& size : model.network.output_sizes(sizes_from(entering))) {
    *sizes++ = size.height;
    *sizes++ = size.width;
  }
  return 0;
}

// One frame in, a map for each input whose heights and widths are `entering`,
// [channel][row][column] if `planes` else [row][column][channel]; every output out, each
// [row][column][channel]. 0, or 1 if there is a fault.
int corgi_run(void* opened, const int* entering, const void* const* maps, int planes,
              void** outputs) {
  Model& model = *static_cast<Model*>(opened);
  if (!model.run(sizes_from(entering), maps, planes)) return 1;
  for (const Result& result : model.network.results())
    std::memcpy(*outputs++, result.data, result.bytes * result.size.height * result.size.width *
                                             std::size_t(result.channels));
  return 0;
}
}

#ifndef CORGI_LIBRARY
static int usage(int status) {
  std::fputs(HELP, status ? stderr : stdout);
  return status;
}

static int fail(const std::string& fault) {
  std::fprintf(stderr, "error: %s\n", fault.c_str());
  return 1;
}

int main(int count, char** arguments) {
  std::vector<std::string> words;
  bool planes = true;
  int threads = std::max(1u, std::thread::hardware_concurrency());
  for (int i = 1; i < count; i++) {
    const std::string word = arguments[i];
    if (word == "-h" || word == "--help") return usage(0);
    if (word == "--hwc") planes = false;
    else if (word == "--chw") planes = true;
    else if (word == "--threads" && i + 1 < count) threads = std::max(1, std::atoi(arguments[++i]));
    else words.push_back(word);
  }
  if (words.size() != (INPUTS == 1 ? 2 : 0)) return usage(2);
  Sizes sizes;
  each_input([&](int number, const auto& entry) { sizes[number] = entry.fixed; });
  if (INPUTS == 1) sizes[0] = {std::atoi(words[1].c_str()), std::atoi(words[0].c_str())};
  Model model(threads);
  const std::string fault = size_fault(model.network, sizes);
  if (!fault.empty()) return fail(fault);
  std::array<std::size_t, INPUTS> begins;  // of the maps in a frame
  std::size_t wanted = 0;
  each_input([&](int number, const auto& entry) {
    using T = typename std::decay_t<decltype(entry)>::type;
    begins[number] = wanted;
    wanted += sizeof(T) * sizes[number].height * sizes[number].width * std::size_t(entry.channels);
  });
  std::vector<char> frame(wanted);
  for (int number = 1;; number++) {
    const std::size_t got = std::fread(frame.data(), 1, wanted, stdin);
    if (got == 0 && number > 1) return 0;
    if (got < wanted)
      return fail("frame " + std::to_string(number) + " is truncated: " + std::to_string(got) +
                  " of " + std::to_string(wanted) + " bytes");
    std::array<const void*, INPUTS> maps;
    for (int i = 0; i < INPUTS; i++) maps[i] = frame.data() + begins[i];
    if (!model.run(sizes, maps.data(), planes))
      return fail("frame " + std::to_string(number) + ": " + model.fault);
    for (const Result& result : model.network.results()) {
      const std::size_t bytes = result.bytes * result.size.height * result.size.width *
                                std::size_t(result.channels);
      std::vector<char> copy(planes ? bytes : 0);
      if (planes) arrange(result.data, result.bytes, result.size, result.channels, copy.data());
      if (std::fwrite(planes ? copy.data() : result.data, 1, bytes, stdout) < bytes)
        return fail("the output cannot be written");
    }
  }
}
#endif
