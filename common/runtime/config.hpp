// Configuration of a service: one struct with defaults, filled from a TOML file, then the
// environment, then flags.
//
//     struct Config {
//         std::string data;                                // Defaults are in the struct.
//         std::uint32_t request_timeout_ms = 30'000;
//
//         template <typename Self, typename Visitor>
//         static void visit_options(Self& self, Visitor&& option) {
//             option("data", self.data, "Directory of the store.");
//             option("request_timeout_ms", self.request_timeout_ms,
//                    "Time limit of one request, milliseconds.");
//         }
//         // Every fault at once, each a sentence; empty: fine.
//         std::vector<std::string> validate() const;
//     };
//
// Option `request_timeout_ms` is --request-timeout-ms on the command line, ONPUT_REQUEST_TIMEOUT_MS
// in the environment (ONPUT_<SERVICE>_... wins over it), and `request_timeout_ms` in the file's
// [<service>] table, or at its top. An unknown flag or key is an error that names the nearest known
// one; an unknown ONPUT_ variable is ignored, as other services may own it. `<NAME>_FILE` in the
// environment reads the value from a file (secrets). A variable set to nothing counts as not set.
// Types: bool, integers, std::string, std::vector<std::string> (comma-separated).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/result.hpp"

namespace onput::runtime {

// A field of a Config, type-erased.
struct Option {
    std::string name;
    std::string help;
    std::string default_text;
    bool is_flag = false;  // bool: needs no value on the command line.
    std::function<Result<void>(std::string_view text)> set;
    std::function<std::string()> show;
};

namespace detail {

Result<void> parse_option(std::string_view text, bool& value);
Result<void> parse_option(std::string_view text, std::string& value);
Result<void> parse_option(std::string_view text, std::uint16_t& value);
Result<void> parse_option(std::string_view text, std::uint32_t& value);
Result<void> parse_option(std::string_view text, std::uint64_t& value);
Result<void> parse_option(std::string_view text, std::vector<std::string>& value);
std::string show_option(bool value);
std::string show_option(const std::string& value);
std::string show_option(std::uint16_t value);
std::string show_option(std::uint32_t value);
std::string show_option(std::uint64_t value);
std::string show_option(const std::vector<std::string>& value);

}  // namespace detail

template <typename Config>
std::vector<Option> options_of(Config& config) {
    std::vector<Option> options;
    Config::visit_options(config, [&options](std::string_view name, auto& value,
                                             std::string_view help) {
        using Value = std::remove_cvref_t<decltype(value)>;
        options.push_back(
            {.name = std::string(name),
             .help = std::string(help),
             .default_text = detail::show_option(value),
             .is_flag = std::is_same_v<Value, bool>,
             .set = [&value](std::string_view text) { return detail::parse_option(text, value); },
             .show = [&value] { return detail::show_option(value); }});
    });
    return options;
}

// Where values come from. `environment` is the process's, or a test's.
struct ConfigSources {
    std::string service;  // "queue": names its table and its ONPUT_QUEUE_ variables.
    std::string file;     // Path; empty: none. --config on the command line wins.
    std::map<std::string, std::string> environment;
    std::vector<std::string> arguments;  // Without the program's name.
};

// The error's message lists every fault, one per line. `help_wanted` (--help) and `version_wanted`
// are for the caller to act on.
struct ConfigRequest {
    bool help_wanted = false;
    bool version_wanted = false;
};
Result<ConfigRequest> load_options(std::vector<Option>& options, const ConfigSources& sources);

std::string help_text(std::string_view service, std::span<const Option> options);

std::map<std::string, std::string> process_environment();

}  // namespace onput::runtime
