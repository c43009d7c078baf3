// What a service that is started from this environment reads for one of its options
// (common/runtime/config.hpp), for commands that look at its data without it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace onput::ctl {

struct SettingName {
    std::string_view service;  // "storage"
    std::string_view option;   // "cold_data"
};

// ONPUT_STORAGE_COLD_DATA, else ONPUT_COLD_DATA, else empty. Files of configuration and flags are
// the service's own.
std::string setting_of(const std::map<std::string, std::string>& environment,
                       const SettingName& name);
// Of this process's environment.
std::string setting_of(const SettingName& name);

// Where the storage service of a data directory keeps the bytes of archived objects: what the
// command was told, else what the environment says, else "storage/cold" in `data`. Absolute.
std::string cold_directory(const std::string& data, const std::string& told);

}  // namespace onput::ctl
