#include "common/runtime/config_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <toml++/toml.h>

#include "common/base/errno_text.hpp"

namespace onput::runtime {
namespace {

// An option's value as the text that its parser takes; nothing for other types.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    return {};
}

std::optional<std::string> list_of(const toml::array& array) {
    std::string text;
    for (const toml::node& item : array) {
        const auto part = text_of(item);
        // A list travels as text with commas between.
        if (!part || part->find(',') != std::string::npos) return {};
        if (!text.empty()) text += ',';
        text += *part;
    }
    return text;
}

void read_table(const toml::table& table, std::map<std::string, std::string>& values,
                ConfigFile& file) {
    for (const auto& [key, node] : table) {
        if (node.is_table() || node.is_array_of_tables()) continue;
        const auto text = node.is_array() ? list_of(*node.as_array()) : text_of(node);
        if (text) {
            values[std::string(key.str())] = *text;
        } else {
            std::ostringstream type;
            type << node.type();
            file.faults.push_back(std::string(key.str()) + ": no option takes such a value (" +
                                  type.str() + ")");
        }
    }
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return fail(ErrorCode::invalid_argument, "open " + path + ": " + errno_text());
    }
    std::string text(bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    // A folder opens, and fails only here.
    if (in.bad()) return fail(ErrorCode::invalid_argument, "read " + path);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    path + " is larger than " + std::to_string(bytes_max) + " bytes");
    }
    return text;
}

Result<ConfigFile> read_config_file(const std::string& path, const std::string& service) {
    ONPUT_TRY(const std::string text, read_small_file(path, config_file_bytes_max));
    ConfigFile file;
    try {
        const toml::table root = toml::parse(text, path);
        read_table(root, file.top, file);
        for (const auto& [key, node] : root) {
            if (!node.is_table()) continue;
            if (key.str() == service) {
                read_table(*node.as_table(), file.table, file);
            } else {
                file.other_tables.emplace_back(key.str());
            }
        }
    } catch (const toml::parse_error& error) {
        const auto& where = error.source().begin;
        return fail(ErrorCode::invalid_argument, path + ":" + std::to_string(where.line) + ":" +
                                                     std::to_string(where.column) + ": " +
                                                     std::string(error.description()));
    }
    return file;
}

}  // namespace onput::runtime
