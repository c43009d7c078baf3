// The TOML file of a configuration, as names and texts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::runtime {

inline constexpr std::size_t config_file_bytes_max = 1024 * 1024;

struct ConfigFile {
    // Keys at the top, then those of the service's table: the latter win.
    std::map<std::string, std::string> top;
    std::map<std::string, std::string> table;
    // Keys whose values are of no type that an option can have: "port: a date and time".
    std::vector<std::string> faults;
    std::vector<std::string> other_tables;  // Other services'.
};

// Fails when the file cannot be read or is not TOML: "config.toml:3:7: ...".
Result<ConfigFile> read_config_file(const std::string& path, const std::string& service);

// The whole file, at most `bytes_max`.
Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);

}  // namespace onput::runtime
