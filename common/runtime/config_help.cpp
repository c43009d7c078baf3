#include <algorithm>

#include "common/runtime/config.hpp"

namespace onput::runtime {
namespace {

constexpr std::size_t flag_width = 30;

std::string flag_of(const Option& option) {
    std::string flag = "--" + option.name;
    std::ranges::replace(flag, '_', '-');
    return option.is_flag ? flag : flag + " VALUE";
}

std::string line_of(std::string flag, std::string_view help, std::string_view default_text) {
    std::string line = "  " + std::move(flag);
    if (line.size() < flag_width) {
        line.resize(flag_width, ' ');
    } else {
        line += "\n" + std::string(flag_width, ' ');
    }
    line += help;
    if (!default_text.empty()) line += " [" + std::string(default_text) + "]";
    return line + "\n";
}

}  // namespace

std::string help_text(std::string_view service, std::span<const Option> options) {
    std::string variable = "ONPUT_" + std::string(service) + "_OPTION_NAME";
    std::ranges::transform(variable, variable.begin(), [](char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    });
    std::string text = "usage: onput-" + std::string(service) + " [options]\n\n";
    for (const Option& option : options) {
        text += line_of(flag_of(option), option.help, option.default_text);
    }
    text += line_of("--help", "Shows this and ends.", "");
    text += line_of("--version", "Shows the version and ends.", "");
    text += "\nEach option is also " + variable +
            " or ONPUT_OPTION_NAME in the environment (with\n"
            "_FILE added: the file that holds the value), and option_name in the TOML file's\n[" +
            std::string(service) +
            "] table or at its top. Flags win over the environment, which "
            "wins over the file.\n";
    return text;
}

}  // namespace onput::runtime
