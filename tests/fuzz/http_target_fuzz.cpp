// Request heads, targets, queries and hosts of hostile clients: what is accepted stays within its
// input and its limits.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "services/gateway/http/head_parser.hpp"
#include "services/gateway/http/target.hpp"

namespace {

using namespace onput::http;

bool is_within(std::string_view part, std::string_view whole) {
    const std::less_equal<const char*> before;
    // An absolute target without a path has one all the same.
    return part.empty() || part == "/" ||
           (before(whole.data(), part.data()) &&
            before(part.data() + part.size(), whole.data() + whole.size()));
}

void check_head(std::string_view bytes) {
    const HeadLimits limits{.target_bytes_max = 1000, .headers_max = 20};
    RequestHead head;
    if (!parse_request_head(bytes, limits, head)) return;
    ONPUT_CHECK(head.target.size() <= limits.target_bytes_max);
    ONPUT_CHECK(head.headers.size() <= limits.headers_max);
    ONPUT_CHECK(!(head.chunked && head.content_length));
    for (const auto& [name, value] : head.headers) {
        ONPUT_CHECK(is_within(name, bytes) && is_within(value, bytes));
        ONPUT_CHECK(value.find_first_of("\r\n") == std::string_view::npos);
    }
    for (const std::string_view part :
         {head.method, head.target, head.path, head.query, head.host}) {
        ONPUT_CHECK(is_within(part, bytes));
    }
}

void check_target(std::string_view raw) {
    const auto target = parse_target(raw);
    if (!target) return;
    ONPUT_CHECK(is_within(target->path, raw) && is_within(target->query, raw));
    if (target->authority)
        static_cast<void>(parse_host(*target->authority));  // Must only not crash.
    const auto query = parse_query(target->query);
    if (query) ONPUT_CHECK(query->size() <= query_parameters_max);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_head(input);
    check_head("GET " + std::string(input) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    check_head("PUT / HTTP/1.1\r\nHost: h\r\n" + std::string(input) + "\r\n\r\n");
    check_target(input);
    static_cast<void>(parse_host(input));  // Must only not crash.
    return 0;
}
