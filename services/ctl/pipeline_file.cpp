#include <fstream>
#include <functional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "services/ctl/pipeline.hpp"

namespace onput::ctl {
namespace {

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
    reader.text("dead_letter_queue", function.dead_letter_queue);
    reader.number("timeout_s", function.timeout_s);
    reader.number("retries", function.retries);
    reader.number("retry_delay_s", function.retry_delay_s);
    reader.map("environment", function.environment);
    pipeline.functions.push_back(std::move(function));
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
    if (notification.function.empty() == notification.queue.empty()) {
        reader.fault(reader.table(), "[[notification]] needs one of 'function' and 'queue'");
    }
    pipeline.notifications.push_back(std::move(notification));
}

Pipeline read_document(const toml::table& root, const std::string& file,
                       std::vector<std::string>& faults) {
    Pipeline pipeline;
    const auto read_name = [](std::vector<std::string>& names) {
        return [&names](TableReader& reader) { reader.needed("name", names.emplace_back()); };
    };
    read_tables(root, "bucket", file, faults, read_name(pipeline.buckets));
    read_tables(root, "queue", file, faults, read_name(pipeline.queues));
    read_tables(root, "function", file, faults,
                [&pipeline](TableReader& reader) { read_function(reader, pipeline); });
    read_tables(root, "notification", file, faults,
                [&pipeline](TableReader& reader) { read_notification(reader, pipeline); });
    for (const auto& [name, node] : root) {
        const std::string_view key = name.str();
        if (key != "bucket" && key != "queue" && key != "function" && key != "notification") {
            faults.push_back(fmt::format(
                "{}:{}:{}: unknown table '{}'; there are bucket, queue, function and notification",
                file, node.source().begin.line, node.source().begin.column, key));
        }
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
    text << in.rdbuf();
    if (!in)
        return fail(ErrorCode::not_found,
                    "read pipeline " + path + ": no such file, or not readable");
    return parse_pipeline(text.str(), path);
}

}  // namespace onput::ctl
