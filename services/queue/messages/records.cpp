#include "services/queue/messages/records.hpp"

#include <fmt/format.h>

namespace onput::queue {
namespace {

template <typename T>
void append_number(std::string& out, T number) {
    for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((number >> shift) & 0xff));
    }
}

template <typename T>
T read_number(std::string_view bytes) {
    T number = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        number = static_cast<T>((number << 8) | static_cast<unsigned char>(bytes[i]));
    }
    return number;
}

constexpr std::size_t message_key_bytes = 1 + 4 + 8 + 8;
constexpr char large_job_mark = 1;  // Behind the key of a large job,
constexpr char part_mark = 2;       // and of a part.
constexpr std::size_t lease_key_bytes = 1 + 4 + 8;
constexpr std::size_t job_key_bytes = 1 + 8;
constexpr std::size_t move_task_key_bytes = 1 + 4 + 8;

std::string queue_prefix(char table, QueueNumber queue) {
    std::string key;
    key.reserve(message_key_bytes);
    key.push_back(table);
    append_number(key, queue.get());
    return key;
}

std::string split_key(QueueNumber queue, char table, std::uint64_t job) {
    std::string key = queue_prefix('b', queue);
    key.push_back(table);
    append_number(key, job);
    return key;
}

}  // namespace

Result<void> check_room(const FunctionRecord& changed, const FunctionRecord& existing) {
    const std::size_t bytes = schema::encode(changed).size();
    if (bytes <= function_record_bytes_max || bytes <= schema::encode(existing).size()) return {};
    return fail(ErrorCode::resource_exhausted,
                fmt::format("this function's configuration, aliases, policies and URLs have more "
                            "than {} bytes together: delete some, or make them smaller",
                            function_record_bytes_max),
                "OverLimit");
}

std::string counters_key() {
    return "c";
}
std::string age_key() {
    return "a";
}
std::string outbox_key() {
    return "o";
}
std::string queue_key(std::string_view account, std::string_view name) {
    return "q" + std::string(account) + "/" + std::string(name);
}
std::string function_key(std::string_view account, std::string_view name) {
    return "f" + std::string(account) + "/" + std::string(name);
}
std::string failures_key(QueueNumber function) {
    return queue_prefix('n', function);
}
std::string event_source_key(std::string_view id) {
    return "g" + std::string(id);
}
std::string lexicon_key(std::string_view account, std::string_view region, std::string_view name) {
    return fmt::format("p{}/{}/{}", account, region, name);
}
std::string layer_key(std::string_view account, std::string_view name, std::uint64_t version) {
    std::string key = fmt::format("v{}/{}/", account, name);
    append_number(key, version);
    return key;
}
bool is_layer_record(std::string_view key) {
    return key.ends_with(std::string_view("\0\0\0\0\0\0\0\0", sizeof(std::uint64_t)));
}
std::string delivery_mark_key(std::string_view source, std::string_view destination_arn) {
    std::string key = "d";
    key.append(source).push_back('\0');
    key.append(destination_arn);
    return key;
}
std::string job_key(std::uint64_t sequence) {
    std::string key = "j";
    append_number(key, sequence);
    return key;
}
std::string lease_key(QueueNumber queue, MessageNumber message) {
    std::string key = queue_prefix('l', queue);
    append_number(key, message.get());
    return key;
}
std::string failure_key(QueueNumber queue, MessageNumber message) {
    std::string key = queue_prefix('x', queue);
    append_number(key, message.get());
    return key;
}
std::string split_state_key(QueueNumber queue, std::uint64_t job) {
    return split_key(queue, 's', job);
}
std::string split_job_key(QueueNumber queue, std::uint64_t job) {
    return split_key(queue, 'j', job);
}
std::string part_task_key(QueueNumber queue, std::uint64_t job, std::uint32_t part) {
    std::string key = split_key(queue, 'p', job);
    append_number(key, part);
    return key;
}
std::string part_result_key(QueueNumber queue, std::uint64_t job, std::uint32_t part) {
    std::string key = split_key(queue, 'r', job);
    append_number(key, part);
    return key;
}
std::string move_task_key(const MoveTaskKey& key) {
    std::string out = queue_prefix('t', key.queue);
    append_number(out, key.task);
    return out;
}
std::string message_key(const MessageKey& key) {
    std::string out = queue_prefix('m', key.queue);
    append_number(out, key.message.get());
    append_number(out, static_cast<std::uint64_t>(to_micros(key.sent_at)));
    if (key.size == JobSize::large) out.push_back(large_job_mark);
    if (key.size == JobSize::part) out.push_back(part_mark);
    return out;
}

std::optional<MessageKey> parse_message_key(std::string_view key) {
    JobSize size = JobSize::small;
    if (key.size() == message_key_bytes + 1) {
        if (key.back() != large_job_mark && key.back() != part_mark) return {};
        size = key.back() == part_mark ? JobSize::part : JobSize::large;
        key.remove_suffix(1);
    }
    if (key.size() != message_key_bytes || key[0] != 'm') return {};
    const auto sent_at = static_cast<std::int64_t>(read_number<std::uint64_t>(key.substr(13)));
    return MessageKey{.queue = QueueNumber(read_number<std::uint32_t>(key.substr(1))),
                      .message = MessageNumber(read_number<std::uint64_t>(key.substr(5))),
                      .sent_at = from_micros(sent_at),
                      .size = size};
}
std::optional<MessageNumber> parse_lease_key(std::string_view key) {
    if (key.size() != lease_key_bytes || key[0] != 'l') return {};
    return MessageNumber(read_number<std::uint64_t>(key.substr(5)));
}
std::optional<std::uint64_t> parse_job_key(std::string_view key) {
    if (key.size() != job_key_bytes || key[0] != 'j') return {};
    return read_number<std::uint64_t>(key.substr(1));
}
std::optional<MoveTaskKey> parse_move_task_key(std::string_view key) {
    if (key.size() != move_task_key_bytes || key[0] != 't') return {};
    return MoveTaskKey{.queue = QueueNumber(read_number<std::uint32_t>(key.substr(1))),
                       .task = read_number<std::uint64_t>(key.substr(5))};
}

outbox::Rows outbox_rows() {
    return {.partition = std::string(partition), .prefix = "e"};
}
store::Range queue_rows() {
    return {.from = "q", .to = "r"};
}
store::Range delivery_mark_rows() {
    return store::Range::of_prefix("d");
}
store::Range event_source_rows() {
    return {.from = "g", .to = "h"};
}
store::Range function_rows() {
    return {.from = "f", .to = "g"};
}
std::string speech_task_key(std::string_view account, std::string_view region,
                            std::string_view id) {
    return fmt::format("s{}/{}/t{}", account, region, id);
}
std::string speech_task_index_key(std::string_view account, std::string_view region,
                                  Timestamp created_at, std::string_view id) {
    return fmt::format("s{}/{}/c{:016x}{}", account, region, to_micros(created_at), id);
}
store::Range speech_task_index_rows(std::string_view account, std::string_view region) {
    return store::Range::of_prefix(fmt::format("s{}/{}/c", account, region));
}
store::Range speech_task_rows() {
    return store::Range::of_prefix("s");
}
std::optional<SpeechTaskIndexEnd> speech_task_index_end(std::string_view key) {
    constexpr std::size_t time_digits = 16;
    const auto name = key.rfind('/');
    if (name == std::string_view::npos || key.substr(name + 1, 1) != "c") return {};
    const std::string_view end = key.substr(name + 2);
    if (end.size() <= time_digits) return {};
    return SpeechTaskIndexEnd{.time_and_id = end, .id = end.substr(time_digits)};
}
store::Range lexicon_rows(std::string_view account, std::string_view region) {
    return store::Range::of_prefix(lexicon_key(account, region, ""));
}
store::Range layer_rows(std::string_view account) {
    return store::Range::of_prefix(fmt::format("v{}/", account));
}
store::Range layer_version_rows(std::string_view account, std::string_view name) {
    return store::Range::of_prefix(fmt::format("v{}/{}/", account, name));
}
store::Range job_rows() {
    return {.from = "j", .to = "k"};
}
store::Range move_task_rows() {
    return store::Range::of_prefix("t");
}
store::Range message_rows_from(QueueNumber queue) {
    return {.from = queue_prefix('m', queue), .to = "n"};
}
store::Range message_rows(QueueNumber queue, MessageNumber from) {
    store::Range range = message_rows_from(queue);
    append_number(range.from, from.get());
    range.to = queue.get() == UINT32_MAX ? "n" : queue_prefix('m', QueueNumber(queue.get() + 1));
    return range;
}
store::Range lease_rows(QueueNumber queue) {
    return {
        .from = queue_prefix('l', queue),
        .to = queue.get() == UINT32_MAX ? "m" : queue_prefix('l', QueueNumber(queue.get() + 1))};
}
store::Range split_rows(QueueNumber queue) {
    return store::Range::of_prefix(queue_prefix('b', queue));
}
store::Range split_state_rows(QueueNumber queue) {
    return store::Range::of_prefix(queue_prefix('b', queue) + 's');
}
store::Range part_result_rows(QueueNumber queue, std::uint64_t job) {
    return store::Range::of_prefix(split_key(queue, 'r', job));
}

}  // namespace onput::queue
