#include "services/queue/messages/job_size.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace onput::queue {
namespace {

// The largest object of a small job: a few seconds of one core.
struct SmallObject {
    std::string_view worker;
    std::uint64_t bytes_max = 0;
};
constexpr std::array<SmallObject, 2> small_objects{{
    {.worker = "image", .bytes_max = 16ULL * 1024 * 1024},
    {.worker = "tts", .bytes_max = 64ULL * 1024},
}};

// `size` of an S3 record's object; 0 when there is none. Every job that comes in is looked at, so
// this does not read the whole document: within a text of JSON a quote is escaped, so these bytes
// are the member's name.
std::uint64_t object_bytes(std::string_view body) {
    constexpr std::string_view name = R"("size":)";
    const std::size_t at = body.find(name);
    if (at == std::string_view::npos) return 0;
    std::string_view rest = body.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint64_t bytes = 0;
    const auto end = std::from_chars(rest.data(), rest.data() + rest.size(), bytes);
    return end.ec == std::errc::result_out_of_range ? UINT64_MAX : bytes;
}

}  // namespace

JobSize size_of_job(const Queue& queue, std::string_view body) {
    if (!queue.function) return JobSize::small;
    const auto found =
        std::ranges::find(small_objects, queue.function->function.worker, &SmallObject::worker);
    const bool is_large = found != small_objects.end() && object_bytes(body) > found->bytes_max;
    return is_large ? JobSize::large : JobSize::small;
}

JobSize size_of_message(const Queue& queue, const MessageRecord& record) {
    if (record.is_part()) return JobSize::part;
    return record.split_job == 0 ? size_of_job(queue, record.body) : JobSize::small;
}

}  // namespace onput::queue
