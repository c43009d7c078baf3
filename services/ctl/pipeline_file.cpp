#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "common/base/text.hpp"
#include "common/json/writer.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {
namespace {

std::optional<json::Value> to_json(const toml::node& node);

// Reads the keys of one table, and says which of them nobody asked for.
class TableReader {
public:
    TableReader(const toml::table& table, std::string where, std::string file)
        : table_(table), where_(std::move(where)), file_(std::move(file)) {}

    void text(std::string_view key, std::string& value) {
        if (const auto* node = find(key)) {
            if (const auto found = node->value<std::string>()) {
                value = *found;
            } else {
                fault(*node, fmt::format("'{}' must be a text", key));
            }
        }
    }
    void needed(std::string_view key, std::string& value) {
        text(key, value);
        if (value.empty()) fault(table_, fmt::format("{} needs '{}'", where_, key));
    }
    void number(std::string_view key, std::uint32_t& value) {
        if (const auto* node = find(key)) {
            const auto found = node->value<std::int64_t>();
            if (found && std::in_range<std::uint32_t>(*found)) {
                value = static_cast<std::uint32_t>(*found);
            } else {
                fault(*node, fmt::format("'{}' must be a whole number", key));
            }
        }
    }
    void flag(std::string_view key, bool& value) {
        if (const auto* node = find(key)) {
            if (const auto found = node->value<bool>()) {
                value = *found;
            } else {
                fault(*node, fmt::format("'{}' must be true or false", key));
            }
        }
    }
    // A table as JSON text. Dates and times are refused: JSON has none.
    void json(std::string_view key, std::string& value) {
        const auto* node = find(key);
        if (node == nullptr) return;
        if (node->as_table() == nullptr) {
            fault(*node, fmt::format("'{}' must be a table", key));
            return;
        }
        const auto made = to_json(*node);
        made ? static_cast<void>(value = json::write(*made))
             : fault(*node, fmt::format("'{}' holds a date or a time", key));
    }
    void texts(std::string_view key, std::vector<std::string>& values) {
        const auto* node = find(key);
        const auto* list = node != nullptr ? node->as_array() : nullptr;
        if (list == nullptr) {
            fault(node != nullptr ? *node : table_,
                  fmt::format("{} needs '{}', a list of texts", where_, key));
            return;
        }
        for (const auto& item : *list) {
            const auto found = item.value<std::string>();
            found ? values.push_back(*found)
                  : fault(item, fmt::format("'{}' must hold texts only", key));
        }
    }
    void map(std::string_view key, std::map<std::string, std::string>& values) {
        const auto* node = find(key);
        if (node == nullptr) return;
        const auto* inner = node->as_table();
        if (inner == nullptr) {
            fault(*node, fmt::format("'{}' must be a table", key));
            return;
        }
        for (const auto& [name, item] : *inner) {
            const auto found = item.value<std::string>();
            if (found) {
                values.emplace(std::string(name.str()), *found);
            } else {
                fault(item, fmt::format("'{}' must be a text; put it in quotes", name.str()));
            }
        }
    }
    [[nodiscard]] std::vector<std::string> finish() {
        for (const auto& [name, item] : table_) {
            if (!asked_.contains(std::string(name.str())))
                fault(item, fmt::format("unknown key '{}' in {}", name.str(), where_));
        }
        return std::move(faults_);
    }
    void fault(const toml::node& node, const std::string& what) {
        const auto& at = node.source().begin;
        faults_.push_back(fmt::format("{}:{}:{}: {}", file_, at.line, at.column, what));
    }
    [[nodiscard]] const toml::table& table() const { return table_; }

private:
    const toml::node* find(std::string_view key) {
        asked_.emplace(key, true);
        return table_.get(key);
    }

    const toml::table& table_;
    std::string where_;
    std::string file_;
    std::map<std::string, bool> asked_;
    std::vector<std::string> faults_;
};

// Nothing when something in it has no place in JSON.
std::optional<json::Value> to_json(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        json::Object object;
        for (const auto& [name, item] : *table) {
            auto value = to_json(item);
            if (!value) return std::nullopt;
            object[name.str()] = std::move(*value);
        }
        return object;
    }
    if (const auto* list = node.as_array()) {
        json::Value::Array array;
        for (const auto& item : *list) {
            auto value = to_json(item);
            if (!value) return std::nullopt;
            array.push_back(std::move(*value));
        }
        return array;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return number->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    return std::nullopt;
}

using ReadTable = std::function<void(TableReader&)>;

void read_tables(const toml::table& root, std::string_view kind, const std::string& file,
                 std::vector<std::string>& faults, const ReadTable& read) {
    const auto* node = root.get(kind);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr || !list->is_array_of_tables()) {
        const auto& at = node->source().begin;
        faults.push_back(
            fmt::format("{}:{}:{}: write [[{}]], once for each", file, at.line, at.column, kind));
        return;
    }
    for (const auto& item : *list) {
        TableReader reader(*item.as_table(), fmt::format("[[{}]]", kind), file);
        read(reader);
        for (auto& fault : reader.finish()) faults.push_back(std::move(fault));
    }
}

void read_function(TableReader& reader, Pipeline& pipeline) {
    PipelineFunction function;
    reader.needed("name", function.name);
    reader.needed("worker", function.worker);
    for (const std::string_view known : {"tts", "image", "function"}) {
        // Users have workers of their own kinds, but hardly one that is called almost like ours.
        const std::size_t distance = edit_distance(function.worker, known);
        if (distance > 0 && distance <= 2 && distance < known.size()) {
            reader.fault(reader.table(), fmt::format("there is no worker '{}'; did you mean '{}'?",
                                                     function.worker, known));
        }
    }
    reader.text("dead_letter_queue", function.dead_letter_queue);
    reader.number("timeout_s", function.timeout_s);
    reader.number("retries", function.retries);
    reader.number("retry_delay_s", function.retry_delay_s);
    reader.map("environment", function.environment);
    reader.json("configuration", function.configuration);
    reader.text("success_topic", function.success_topic);
    reader.text("failure_topic", function.failure_topic);
    reader.text("code", function.code);
    reader.text("runtime", function.runtime);
    reader.text("handler", function.handler);
    reader.text("code_bucket", function.code_bucket);
    reader.text("role", function.role);
    reader.number("memory_mb", function.memory_mb);
    reader.number("ephemeral_mb", function.ephemeral_mb);
    if (!function.code.empty() && function.worker != "function")
        reader.fault(reader.table(), "'code' is for the worker 'function' only");
    pipeline.functions.push_back(std::move(function));
}

// The same rule for ".jpg", ".JPG" and ".Jpg", where they differ from what is written.
void add_cases(const PipelineNotification& written, std::vector<PipelineNotification>& all) {
    const std::size_t dot = written.suffix.rfind('.');
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    const std::string before = written.suffix.substr(0, begin);
    const std::string lower = lower_case(written.suffix.substr(begin));
    std::string upper = lower;
    for (char& c : upper) c = upper_case(c);
    std::string title = lower;
    if (!title.empty()) title[0] = upper[0];
    for (const auto& [name, ending] :
         {std::pair("lower", lower), std::pair("upper", upper), std::pair("title", title)}) {
        if (std::ranges::count(all, before + ending, &PipelineNotification::suffix) > 0) continue;
        PipelineNotification rule = written;
        rule.id += fmt::format("-{}", name);
        rule.suffix = before + ending;
        all.push_back(std::move(rule));
    }
}

void read_notification(TableReader& reader, Pipeline& pipeline) {
    PipelineNotification notification;
    reader.needed("bucket", notification.bucket);
    reader.needed("id", notification.id);
    reader.texts("events", notification.events);
    reader.text("prefix", notification.prefix);
    reader.text("suffix", notification.suffix);
    reader.text("function", notification.function);
    reader.text("queue", notification.queue);
    reader.text("topic", notification.topic);
    const int named = (notification.function.empty() ? 0 : 1) +
                      (notification.queue.empty() ? 0 : 1) + (notification.topic.empty() ? 0 : 1);
    if (named != 1) {
        reader.fault(reader.table(),
                     "[[notification]] needs one of 'function', 'queue' and 'topic'");
    }
    bool any_case = false;
    reader.flag("any_case", any_case);
    if (any_case && notification.suffix.empty()) {
        reader.fault(reader.table(), "[[notification]] with 'any_case' needs 'suffix'");
    }
    std::vector<PipelineNotification> rules{std::move(notification)};
    if (any_case) add_cases(PipelineNotification(rules.front()), rules);
    std::ranges::move(rules, std::back_inserter(pipeline.notifications));
}

void read_topic(TableReader& reader, Pipeline& pipeline) {
    PipelineTopic topic;
    reader.needed("name", topic.name);
    reader.text("display_name", topic.display_name);
    pipeline.topics.push_back(std::move(topic));
}

void read_subscription(TableReader& reader, Pipeline& pipeline) {
    PipelineSubscription subscription;
    std::string queue;
    reader.needed("topic", subscription.topic);
    reader.needed("protocol", subscription.protocol);
    reader.text("endpoint", subscription.endpoint);
    reader.text("queue", queue);
    reader.flag("raw", subscription.is_raw);
    reader.text("filter_policy", subscription.filter_policy);
    reader.text("filter_scope", subscription.filter_scope);
    reader.text("dead_letter_queue", subscription.dead_letter_queue);
    const bool wants_queue = subscription.protocol == "sqs";
    if (wants_queue ? queue.empty() || !subscription.endpoint.empty()
                    : subscription.endpoint.empty() || !queue.empty()) {
        reader.fault(reader.table(),
                     "[[subscription]] needs 'queue' for protocol \"sqs\", 'endpoint' for others");
    }
    if (wants_queue) subscription.endpoint = queue;
    pipeline.subscriptions.push_back(std::move(subscription));
}

Pipeline read_document(const toml::table& root, const std::string& file,
                       std::vector<std::string>& faults) {
    Pipeline pipeline;
    const auto read_name = [](std::vector<std::string>& names) {
        return [&names](TableReader& reader) { reader.needed("name", names.emplace_back()); };
    };
    read_tables(root, "bucket", file, faults, read_name(pipeline.buckets));
    read_tables(root, "queue", file, faults, read_name(pipeline.queues));
    struct Reader {
        std::string_view kind;
        void (*read)(TableReader&, Pipeline&) = nullptr;
    };
    const std::array<Reader, 4> readers{{
        {"topic", read_topic},
        {"subscription", read_subscription},
        {"function", read_function},
        {"notification", read_notification},
    }};
    for (const auto& [kind, read] : readers) {
        read_tables(root, kind, file, faults,
                    [&pipeline, read](TableReader& reader) { read(reader, pipeline); });
    }
    for (const auto& [name, node] : root) {
        const std::string_view key = name.str();
        const bool is_known =
            key == "bucket" || key == "queue" ||
            std::ranges::any_of(readers, [key](const auto& entry) { return entry.kind == key; });
        if (is_known) continue;
        faults.push_back(
            fmt::format("{}:{}:{}: unknown table '{}'; there are bucket, queue, topic, "
                        "subscription, function and notification",
                        file, node.source().begin.line, node.source().begin.column, key));
    }
    return pipeline;
}

}  // namespace

Result<Pipeline> parse_pipeline(std::string_view text, const std::string& name) {
    toml::table root;
    try {
        root = toml::parse(text, name);
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{}:{}:{}: {}", name, at.line, at.column, error.description()));
    }
    std::vector<std::string> faults;
    Pipeline pipeline = read_document(root, name, faults);
    if (!faults.empty())
        return fail(ErrorCode::invalid_argument, fmt::format("{}", fmt::join(faults, "\n")));
    return pipeline;
}

Result<Pipeline> read_pipeline(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    // A folder can be opened, and reading it yields nothing.
    if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
    if (!in.is_open() || in.bad() || !text)
        return fail(ErrorCode::not_found,
                    "read pipeline " + path + ": no such file, or not readable");
    ONPUT_TRY(auto pipeline, parse_pipeline(text.str(), path));
    // Code lies beside the file that names it.
    for (PipelineFunction& function : pipeline.functions) {
        if (function.code.empty()) continue;
        function.code =
            (std::filesystem::path(path).parent_path() / function.code).lexically_normal().string();
    }
    return pipeline;
}

}  // namespace onput::ctl
