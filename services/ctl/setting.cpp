#include "services/ctl/setting.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include "common/runtime/config.hpp"

namespace onput::ctl {

std::string setting_of(const std::map<std::string, std::string>& environment,
                       const SettingName& name) {
    for (std::string variable : {fmt::format("ONPUT_{}_{}", name.service, name.option),
                                 fmt::format("ONPUT_{}", name.option)}) {
        std::ranges::transform(variable, variable.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        const auto found = environment.find(variable);
        // A variable set to nothing counts as not set.
        if (found != environment.end() && !found->second.empty()) return found->second;
    }
    return {};
}

std::string setting_of(const SettingName& name) {
    return setting_of(runtime::process_environment(), name);
}

std::string cold_directory(const std::string& data, const std::string& told) {
    std::string chosen = told;
    if (chosen.empty()) chosen = setting_of({.service = "storage", .option = "cold_data"});
    if (chosen.empty()) chosen = data + "/storage/cold";
    std::error_code error;
    const auto absolute = std::filesystem::absolute(chosen, error);
    // Below a working directory that is gone nothing is found, and the command says so.
    return error ? chosen : absolute.lexically_normal().string();
}

}  // namespace onput::ctl
