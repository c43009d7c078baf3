// Hostile forms and policies: pieces of any size give what the whole gives, nothing grows beyond
// the limits, and a policy is read or refused.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "services/gateway/s3/form_reader.hpp"
#include "services/gateway/s3/post_form.hpp"
#include "services/gateway/s3/post_policy.hpp"

namespace {

using namespace onput::gateway::s3;

struct Reading {
    FormReader reader{"b"};
    std::string file;
    onput::Result<void> fed;
};

Reading read(std::string_view body, std::size_t piece_bytes) {
    Reading reading;
    while (!body.empty() && reading.fed) {
        const auto piece = body.substr(0, piece_bytes);
        reading.fed = reading.reader.feed(piece, reading.file);
        body.remove_prefix(piece.size());
    }
    return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    Reading whole = read(body, size + 1);
    Reading pieces = read(body, 1 + size % 7);
    ONPUT_CHECK(whole.fed.has_value() == pieces.fed.has_value());
    if (whole.fed) {
        ONPUT_CHECK(whole.file == pieces.file);
        ONPUT_CHECK(whole.reader.fields().all() == pieces.reader.fields().all());
        ONPUT_CHECK(whole.reader.finish().has_value() == pieces.reader.finish().has_value());
    }
    std::size_t bytes = 0;
    for (const auto& [name, value] : whole.reader.fields().all())
        bytes += name.size() + value.size();
    ONPUT_CHECK(bytes <= form_fields_bytes_max);
    FormFields& fields = whole.reader.fields();
    if (fields.fill_in_filename(whole.reader.filename())) {
        static_cast<void>(head_of_form(fields));
        static_cast<void>(tags_of_form(fields).has_value());
        static_cast<void>(reply_to_form(fields, {}));
    }
    static_cast<void>(boundary_of(body));
    const auto policy = PostPolicy::parse(onput::to_base64(body));
    if (policy) static_cast<void>(policy->check(fields, "b", {}).has_value());
    return 0;
}
