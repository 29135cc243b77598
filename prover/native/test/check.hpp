// Named tests and checks for them. A failed check is printed and fails its test, which runs on.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace zkmargin::test {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

struct Registration {
  Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

/** Failed checks of the running test. Checks belong on the test's own thread. */
inline std::size_t& failures() {
  static std::size_t count = 0;
  return count;
}

inline void fail(const char* file, int line, const std::string& what) {
  failures()++;
  std::fprintf(stderr, "  %s:%d: %s\n", file, line, what.c_str());
}

template <class Value>
concept Printable = requires(std::ostream& out, const Value& value) { out << value; };

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<Value, bool>) {
    out << std::boolalpha << value;
  } else if constexpr (std::is_enum_v<Value>) {
    out << +static_cast<std::underlying_type_t<Value>>(value);
  } else if constexpr (std::is_integral_v<Value>) {
    out << +value;
  } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
    out << std::quoted(std::string(std::string_view(value)));
  } else if constexpr (Printable<Value>) {
    out << value;
  } else {
    static_assert(std::is_trivially_copyable_v<Value>);
    // Field elements and points: their bytes, the last in memory first, so that a little-endian integer reads as one.
    const auto* bytes = reinterpret_cast<const unsigned char*>(&value);
    out << "0x" << std::hex << std::setfill('0');
    for (std::size_t i = sizeof value; i-- > 0;) out << std::setw(2) << +bytes[i];
  }
  return out.str();
}

template <class Value>
concept Integer = std::is_integral_v<Value> && !std::is_same_v<Value, bool>;

template <class Found, class Expected>
bool isEqual(const Found& found, const Expected& expected) {
  // So that a literal compares with a size.
  if constexpr (Integer<Found> && Integer<Expected>) {
    using Wide = __int128;
    return static_cast<Wide>(found) == static_cast<Wide>(expected);
  } else {
    return found == expected;
  }
}

template <class Found, class Expected>
void checkEqual(const char* file, int line, const char* expression, const Found& found, const Expected& expected) {
  if (isEqual(found, expected)) return;
  fail(file, line, std::string(expression) + " is " + printed(found) + ", expected " + printed(expected));
}

/**
 * Runs the tests whose names contain `argv[1]`, or all.
 * @returns the exit code: 0 when there was a test and none failed
 */
inline int runTests(int argc, char** argv) {
  const std::string_view filter = argc > 1 ? argv[1] : "";
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (const Test& test : tests()) {
    if (std::string_view(test.name).find(filter) == std::string_view::npos) continue;
    failures() = 0;
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, std::string("threw ") + error.what());
    } catch (...) {
      fail(test.name, 0, "threw what is no exception");
    }
    (failures() == 0 ? passed : failed)++;
    if (failures() != 0) std::fprintf(stderr, "FAILED %s\n", test.name);
  }
  std::printf("%zu passed, %zu failed\n", passed, failed);
  if (passed + failed == 0) std::fprintf(stderr, "no test has \"%s\" in its name\n", std::string(filter).c_str());
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace zkmargin::test

#define ZKMARGIN_JOIN_(left, right) left##right
#define ZKMARGIN_JOIN(left, right) ZKMARGIN_JOIN_(left, right)

/** TEST("a sentence") { checks } */
#define TEST(name)                                                                                                      \
  static void ZKMARGIN_JOIN(testBody, __LINE__)();                                                                      \
  static const ::zkmargin::test::Registration ZKMARGIN_JOIN(registration, __LINE__){name, &ZKMARGIN_JOIN(testBody, __LINE__)}; \
  static void ZKMARGIN_JOIN(testBody, __LINE__)()

#define CHECK(...)                                                                          \
  do {                                                                                      \
    if (!(__VA_ARGS__)) ::zkmargin::test::fail(__FILE__, __LINE__, "is false: " #__VA_ARGS__); \
  } while (false)

#define CHECK_EQUAL(found, expected) ::zkmargin::test::checkEqual(__FILE__, __LINE__, #found, (found), (expected))

/** The expression must throw a `type` whose what() holds the substring. */
#define CHECK_THROWS(type, expression, substring)                                                                       \
  do {                                                                                                                  \
    bool threw = false;                                                                                                 \
    try {                                                                                                               \
      static_cast<void>(expression);                                                                                    \
    } catch (const type& error) {                                                                                       \
      threw = true;                                                                                                     \
      const std::string what = error.what();                                                                            \
      if (what.find(substring) == std::string::npos) {                                                                  \
        ::zkmargin::test::fail(__FILE__, __LINE__, "threw \"" + what + "\", without \"" + std::string(substring) + "\""); \
      }                                                                                                                 \
    } catch (const std::exception& error) {                                                                             \
      threw = true;                                                                                                     \
      ::zkmargin::test::fail(__FILE__, __LINE__, std::string("threw no " #type " but ") + error.what());                \
    }                                                                                                                   \
    if (!threw) ::zkmargin::test::fail(__FILE__, __LINE__, "did not throw: " #expression);                              \
  } while (false)
