// zkmargin-prove <key.zkey> <witness.wtns> <proof.json> <public.json>: a proof by one process, with the arguments of rapidsnark's prover and
// the file formats of snarkjs. Exit codes: 0 proven, 1 refused or failed, 2 wrong call.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "groth16/prove.hpp"
#include "wipe.hpp"

namespace {

using namespace zkmargin;

constexpr const char* usage =
    "usage: zkmargin-prove <key.zkey> <witness.wtns> <proof.json> <public.json> [--threads N] [--backend NAME] [--times]\n";

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Call {
  std::string key, witness, proof, publicSignals;
  unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, 256u);
  std::optional<std::string> backend;
  bool times = false;
};

Call parseCall(int count, char** arguments) {
  Call call;
  std::vector<std::string> files;
  for (int i = 1; i < count; i++) {
    const std::string_view argument = arguments[i];
    const auto value = [&]() -> std::string_view {
      if (++i == count) throw UsageError(std::string(argument) + " needs a value");
      return arguments[i];
    };
    if (argument == "--threads") {
      const auto text = value();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), call.threads);
      if (error != std::errc() || end != text.data() + text.size() || call.threads < 1 || call.threads > 256) {
        throw UsageError("--threads " + std::string(text) + " must be a whole number in 1..256");
      }
    } else if (argument == "--backend") {
      call.backend = value();
    } else if (argument == "--times") {
      call.times = true;
    } else if (argument.starts_with("--")) {
      throw UsageError("unknown option " + std::string(argument));
    } else {
      files.emplace_back(argument);
    }
  }
  if (files.size() != 4) throw UsageError(std::to_string(files.size()) + " files are named, must be four");
  if (files[2] == files[3]) throw UsageError("proof and public signals are both to be " + files[2] + ", must be two files");
  call.key = files[0];
  call.witness = files[1];
  call.proof = files[2];
  call.publicSignals = files[3];
  return call;
}

[[noreturn]] void refuseFile(const std::string& path, const char* action) {
  throw FileError(path, "file", std::string("cannot be ") + action + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, mode_t mode, const char* action) : value_(open(path.c_str(), flags | O_CLOEXEC, mode)) {
    if (value_ < 0) refuseFile(path, action);
  }
  ~Descriptor() { close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return value_; }

 private:
  const int value_;
};

/** The bytes of a secret file, wiped at the end. */
class SecretFile {
 public:
  explicit SecretFile(const std::string& path) {
    // Without waiting for a pipe's writer: it is refused.
    const Descriptor file(path, O_RDONLY | O_NONBLOCK, 0, "opened");
    struct stat status {};
    if (fstat(file, &status) != 0) refuseFile(path, "examined");
    if (!S_ISREG(status.st_mode)) throw FileError(path, "file", "is not a regular file");
    bytes_.resize(static_cast<std::size_t>(status.st_size));
    for (std::size_t done = 0; done < bytes_.size();) {
      const ssize_t count = read(file, bytes_.data() + done, bytes_.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) refuseFile(path, "read");
      if (count == 0) throw FileError(path, "file", "became shorter while it was read");
      done += static_cast<std::size_t>(count);
    }
  }
  ~SecretFile() { wipe(bytes_.data(), bytes_.size()); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;
  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

/** A renamed file takes the place of whatever is there: of a file only, never of a device, a pipe, a link or a folder. */
void requireReplaceable(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) throw FileError(path, "file", "exists and is not a regular file; it is not replaced");
  } else if (errno != ENOENT) {
    refuseFile(path, "examined");
  }
}

/** Written under another name, to be renamed when all that belongs together is written. */
class NewFile {
 public:
  NewFile(const std::string& path, std::string_view text) : path_(path), temporary_(path + "." + std::to_string(getpid()) + ".tmp") {
    requireReplaceable(path);
    const Descriptor file(temporary_, O_WRONLY | O_CREAT | O_EXCL, 0644, "created");
    exists_ = true;
    while (!text.empty()) {
      const ssize_t count = write(file, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        // Its destructor does not run when this ends early.
        const int reason = errno;
        unlink(temporary_.c_str());
        errno = reason;
        refuseFile(path_, "written");
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  ~NewFile() {
    if (exists_) unlink(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  void publish() {
    if (rename(temporary_.c_str(), path_.c_str()) != 0) refuseFile(path_, "written");
    exists_ = false;
  }

 private:
  const std::string path_, temporary_;
  bool exists_ = false;
};

std::string decimal(Words value) {
  std::string digits;
  do {
    unsigned __int128 remainder = 0;
    for (std::size_t i = 4; i-- > 0;) {
      remainder = (remainder << 64) | value[i];
      value[i] = static_cast<std::uint64_t>(remainder / 10);
      remainder %= 10;
    }
    digits.push_back(static_cast<char>('0' + static_cast<int>(remainder)));
  } while (!words::isZero(value));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }
std::string json(const Words& value) { return quoted(decimal(value)); }
std::string json(const Fp& value) { return json(Field<FpParams, PortableMultiply>::toInteger(value)); }
std::string json(const Fp2& value) { return "[" + json(value.c0) + ", " + json(value.c1) + "]"; }
template <class Coordinate>
std::string json(const Affine<Coordinate>& point, const char* one) {
  return "[" + json(point.x) + ", " + json(point.y) + ", " + one + "]";
}

std::string proofJson(const Proof& proof) {
  return "{\n \"pi_a\": " + json(proof.a, "\"1\"") + ",\n \"pi_b\": " + json(proof.b, "[\"1\", \"0\"]") + ",\n \"pi_c\": " + json(proof.c, "\"1\"") +
         ",\n \"protocol\": \"groth16\",\n \"curve\": \"bn128\"\n}\n";
}

std::string publicJson(const std::vector<Words>& signals) {
  std::string text = "[";
  for (std::size_t i = 0; i < signals.size(); i++) text += (i == 0 ? "\n " : ",\n ") + json(signals[i]);
  return text + "\n]\n";
}

double millisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void run(const Call& call) {
  const auto started = std::chrono::steady_clock::now();
  // Before the work, and again at the end.
  for (const auto* path : {&call.proof, &call.publicSignals}) requireReplaceable(*path);
  const Backend& backend = call.backend ? backendNamed(call.backend->c_str()) : fastestBackend();
  const auto key = ProvingKey::open(call.key);
  const double openMs = millisecondsSince(started);
  const SecretFile witness(call.witness);
  const auto proven = prove(*key, witness.bytes(), {.backend = backend, .threads = call.threads});
  NewFile proof(call.proof, proofJson(proven.proof));
  NewFile publicSignals(call.publicSignals, publicJson(proven.publicSignals));
  proof.publish();
  publicSignals.publish();
  if (!call.times) return;
  const auto& times = proven.times;
  std::printf(
      "{ \"backend\": \"%s\", \"threads\": %u, \"milliseconds\": { \"openKey\": %.3f, \"rows\": %.3f, \"quotient\": %.3f, \"a\": %.3f, \"b1\": %.3f, "
      "\"b2\": %.3f, \"c\": %.3f, \"h\": %.3f, \"assemble\": %.3f, \"verify\": %.3f, \"total\": %.3f }, \"sums\": { \"g1\": %llu, \"g2\": %llu } }\n",
      backend.name, call.threads, openMs, times.rows, times.quotient, times.a, times.b1, times.b2, times.c, times.h, times.assemble, times.verify,
      millisecondsSince(started), static_cast<unsigned long long>(proven.g1Sums), static_cast<unsigned long long>(proven.g2Sums));
}

}  // namespace

int main(int count, char** arguments) {
  try {
    run(parseCall(count, arguments));
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "error: %s\n%s", error.what(), usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
