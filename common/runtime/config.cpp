#include "common/runtime/config.hpp"

#include <algorithm>
#include <cctype>
#include <ranges>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/runtime/config_file.hpp"

namespace onput::runtime {
namespace {

constexpr std::size_t value_file_bytes_max = 64 * 1024;

// "request_timeout_ms" -> "REQUEST_TIMEOUT_MS".
std::string upper(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return out;
}

// "request_timeout_ms" -> "--request-timeout-ms".
std::string flag_of(std::string_view name) {
    std::string flag = "--" + std::string(name);
    std::ranges::replace(flag, '_', '-');
    return flag;
}

class Loader {
public:
    Loader(std::vector<Option>& options, const ConfigSources& sources)
        : options_(options), sources_(sources) {}

    Result<ConfigRequest> load();

private:
    struct Flag {
        Option* option = nullptr;
        std::string value;
    };

    Option* find(std::string_view name);
    [[nodiscard]] std::string nearest(std::string_view name) const;
    void read_arguments();
    void read_argument(std::size_t& index);
    std::string file_path();
    void apply_file(const std::string& path);
    void apply_values(const std::map<std::string, std::string>& values, const std::string& where);
    void apply_environment();
    void apply_variable(Option& option, const std::string& variable);
    [[nodiscard]] const std::string* variable(const std::string& name) const;
    void set(Option& option, const std::string& value, const std::string& where);

    std::vector<Option>& options_;
    const ConfigSources& sources_;
    ConfigRequest request_;
    std::vector<Flag> flags_;
    std::vector<std::string> faults_;
};

Option* Loader::find(std::string_view name) {
    const auto found = std::ranges::find(options_, name, &Option::name);
    return found == options_.end() ? nullptr : &*found;
}

std::string Loader::nearest(std::string_view name) const {
    const auto distance = [name](const Option& option) { return edit_distance(name, option.name); };
    const auto best = std::ranges::min_element(options_, {}, distance);
    return best == options_.end() ? std::string() : best->name;
}

void Loader::set(Option& option, const std::string& value, const std::string& where) {
    if (auto good = option.set(value); !good) {
        faults_.push_back(where + ": " + good.error().message);
    }
}

void Loader::read_argument(std::size_t& index) {
    const std::string& argument = sources_.arguments[index];
    if (argument == "--help" || argument == "-h") {
        request_.help_wanted = true;
        return;
    }
    if (argument == "--version") {
        request_.version_wanted = true;
        return;
    }
    if (!argument.starts_with("--")) {
        faults_.push_back("\"" + argument + "\" is not an option; options begin with --");
        return;
    }
    const auto equals = argument.find('=');
    std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    std::ranges::replace(name, '-', '_');
    Option* option = find(name);
    if (option == nullptr) {
        faults_.push_back(argument.substr(0, equals) + " is not known; did you mean " +
                          flag_of(nearest(name)) + "?");
        return;
    }
    if (equals != std::string::npos) {
        flags_.push_back({option, argument.substr(equals + 1)});
    } else if (option->is_flag) {
        flags_.push_back({option, "true"});
    } else if (index + 1 < sources_.arguments.size()) {
        flags_.push_back({option, sources_.arguments[++index]});
    } else {
        faults_.push_back(argument + " needs a value");
    }
}

void Loader::read_arguments() {
    for (std::size_t i = 0; i < sources_.arguments.size(); ++i) read_argument(i);
}

// A variable that is set to nothing counts as not set: that is how compose files pass on what is
// absent.
const std::string* Loader::variable(const std::string& name) const {
    const auto found = sources_.environment.find(name);
    return found == sources_.environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::string Loader::file_path() {
    for (const Flag& flag : std::ranges::reverse_view(flags_)) {
        if (flag.option->name == "config") return flag.value;
    }
    for (const std::string& name :
         {"ONPUT_" + upper(sources_.service) + "_CONFIG", std::string("ONPUT_CONFIG")}) {
        if (const std::string* path = variable(name)) return *path;
    }
    return sources_.file;
}

void Loader::apply_values(const std::map<std::string, std::string>& values,
                          const std::string& where) {
    for (const auto& [key, value] : values) {
        if (Option* option = find(key)) {
            set(*option, value, fmt::format("{}: {}", where, key));
        } else {
            faults_.push_back(
                fmt::format("{}: key {} is not known; did you mean {}?", where, key, nearest(key)));
        }
    }
}

void Loader::apply_file(const std::string& path) {
    const auto file = read_config_file(path, sources_.service);
    if (!file) {
        faults_.push_back(file.error().message);
        return;
    }
    for (const std::string& fault : file->faults) {
        faults_.push_back(fmt::format("{}: {}", path, fault));
    }
    // Tables of other services are theirs, but one that is ours but for a slip would be ignored.
    for (const std::string& table : file->other_tables) {
        if (edit_distance(table, sources_.service) == 1) {
            faults_.push_back(fmt::format("{}: table [{}] is not known; did you mean [{}]?", path,
                                          table, sources_.service));
        }
    }
    apply_values(file->top, path);
    apply_values(file->table, path + ": [" + sources_.service + "]");
}

void Loader::apply_variable(Option& option, const std::string& name) {
    const std::string* value = variable(name);
    if (value != nullptr) set(option, *value, name);
    // The file form gives way to an option that has this very name.
    const std::string* path = find(option.name + "_file") ? nullptr : variable(name + "_FILE");
    if (path == nullptr) return;
    if (value != nullptr) {
        faults_.push_back(name + " and " + name + "_FILE are both set");
        return;
    }
    auto text = read_small_file(*path, value_file_bytes_max);
    if (!text) {
        faults_.push_back(name + "_FILE: " + text.error().message);
        return;
    }
    // Editors and `echo` end files with a line end that is no part of a secret.
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    set(option, *text, name + "_FILE");
}

void Loader::apply_environment() {
    for (Option& option : options_) {
        apply_variable(option, "ONPUT_" + upper(option.name));
        apply_variable(option, "ONPUT_" + upper(sources_.service) + "_" + upper(option.name));
    }
}

Result<ConfigRequest> Loader::load() {
    read_arguments();
    // Who asks for help gets it, whatever else is wrong.
    if (request_.help_wanted || request_.version_wanted) return request_;
    if (const std::string path = file_path(); !path.empty()) apply_file(path);
    apply_environment();
    for (const Flag& flag : flags_) set(*flag.option, flag.value, flag_of(flag.option->name));
    if (faults_.empty()) return request_;
    std::string message;
    for (const std::string& fault : faults_) {
        if (!message.empty()) message += '\n';
        message += fault;
    }
    return fail(ErrorCode::invalid_argument, std::move(message));
}

}  // namespace

Result<ConfigRequest> load_options(std::vector<Option>& options, const ConfigSources& sources) {
    return Loader(options, sources).load();
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

}  // namespace onput::runtime
