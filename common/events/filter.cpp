#include "common/events/filter.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/events/document.hpp"
#include "common/events/glob.hpp"

namespace onput::events {
namespace {

// How the types of records begin.
constexpr std::array<std::string_view, 6> families{"s3.",     "sns.",      "job.",
                                                   "events.", "delivery.", "replay."};

// EventBridge's detail types of S3, and the types of the same events here.
struct DetailType {
    std::string_view name;
    std::string_view glob;
};
constexpr std::array detail_types{
    DetailType{"Object Created", "s3.ObjectCreated.*"},
    DetailType{"Object Deleted", "s3.ObjectRemoved.*"},
    DetailType{"Object Restore Initiated", "s3.ObjectRestore.Post"},
    DetailType{"Object Restore Completed", "s3.ObjectRestore.Completed"},
    DetailType{"Object Restore Expired", "s3.ObjectRestore.Delete"},
    DetailType{"Object Storage Class Changed", "s3.LifecycleTransition"},
    DetailType{"Object ACL Updated", "s3.ObjectAcl.Put"},
    DetailType{"Object Tags Added", "s3.ObjectTagging.Put"},
    DetailType{"Object Tags Deleted", "s3.ObjectTagging.Delete"},
};

constexpr std::array<std::string_view, 3> statuses{"failed", "retrying", "succeeded"};

std::unexpected<Error> refuse(std::string text) {
    return fail(ErrorCode::invalid_argument, std::move(text));
}

Result<void> check_lengths(const FilterOptions& options) {
    for (const auto* text : {&options.bucket, &options.key, &options.prefix, &options.suffix,
                             &options.type, &options.status, &options.trace, &options.pattern}) {
        if (text->size() > filter_text_bytes_max) {
            return refuse(fmt::format("a filter has more than {} bytes", filter_text_bytes_max));
        }
    }
    return {};
}

std::string describe(const FilterOptions& options) {
    std::string text;
    const auto add = [&text](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        if (!text.empty()) text += ", ";
        text += fmt::format("{} {}", name, value);
    };
    add("type", options.type);
    add("bucket", options.bucket);
    add("key", options.key);
    add("prefix", options.prefix);
    add("suffix", options.suffix);
    add("status", options.status);
    add("trace", options.trace);
    add("pattern", options.pattern);
    return text;
}

}  // namespace

Result<RecordFilter> RecordFilter::make(FilterOptions options) {
    ONPUT_TRY_VOID(check_lengths(options));
    if (!options.status.empty() && std::ranges::find(statuses, options.status) == statuses.end()) {
        return refuse(
            fmt::format("status '{}' is not one of {}", options.status, fmt::join(statuses, ", ")));
    }
    RecordFilter filter;
    if (!options.pattern.empty()) {
        ONPUT_TRY(filter.pattern_, pattern::EventPattern::parse(options.pattern));
    }
    if (!options.type.empty()) filter.types_ = type_globs(options.type);
    filter.description_ = describe(options);
    filter.is_everything_ = filter.description_.empty();
    if (filter.is_everything_) filter.description_ = "everything";
    filter.options_ = std::move(options);
    return filter;
}

bool RecordFilter::matches(const schema::JournalRecord& record, const RecordBody& body) const {
    const auto& wanted = options_;
    const bool is_of_type = types_.empty() || std::ranges::any_of(types_, [&](const auto& glob) {
                                return matches_glob(glob, record.type);
                            });
    if (!is_of_type) return false;
    const bool wants_object = !wanted.bucket.empty() || !wanted.prefix.empty() ||
                              !wanted.suffix.empty() || !wanted.key.empty();
    if (wants_object) {
        const auto object = object_of(body);
        if (!object || (!wanted.bucket.empty() && object->bucket != wanted.bucket) ||
            !object->key.starts_with(wanted.prefix) || !object->key.ends_with(wanted.suffix) ||
            (!wanted.key.empty() && !matches_glob(wanted.key, object->key))) {
            return false;
        }
    }
    if (!wanted.status.empty() && to_string(status_of(body)) != wanted.status) return false;
    if (!wanted.trace.empty() && trace_of(body).trace_id != wanted.trace) return false;
    return !pattern_ || pattern_->matches(document_of(record, body));
}

std::vector<std::string> type_globs(std::string_view text) {
    if (text == "delivery.failed") {
        return {"delivery.failed", "sns.DeliveryFailed", "events.DeliveryFailed"};
    }
    const auto named = std::ranges::find(detail_types, text, &DetailType::name);
    if (named != detail_types.end()) {
        std::vector<std::string> globs{std::string(named->glob)};
        if (text == "Object Deleted") globs.emplace_back("s3.LifecycleExpiration.*");
        return globs;
    }
    std::string glob(text);
    if (!glob.contains(':')) return {std::move(glob)};
    std::ranges::replace(glob, ':', '.');
    // As the record of a notification has it: "ObjectCreated:Put".
    const bool has_family = std::ranges::any_of(
        families, [&](std::string_view family) { return glob.starts_with(family); });
    if (!has_family && !glob.starts_with('*')) glob.insert(0, "s3.");
    return {std::move(glob)};
}

bool can_match_a_type(std::string_view glob) {
    const std::string_view fixed = glob.substr(0, glob.find_first_of("*?"));
    return std::ranges::any_of(families, [&](std::string_view family) {
        return fixed.starts_with(family) ||
               (fixed.size() < glob.size() && family.starts_with(fixed));
    });
}

std::string record_type_families() {
    return fmt::format("{}", fmt::join(families, ", "));
}

}  // namespace onput::events
