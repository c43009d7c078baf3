#include "services/storage/buckets/notification.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::storage {
namespace {

using schema::DestinationKind;
using schema::NotificationRule;
using Rules = std::vector<NotificationRule>;
using Details = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t echo_bytes_max = 1024;  // Of a caller's text that an error repeats.

std::unexpected<Error> refuse(std::string message, Details details = {},
                              std::string reason = "invalid_argument") {
    return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                 .message = std::move(message),
                                 .reason = std::move(reason),
                                 .details = std::move(details)});
}

std::unexpected<Error> refuse_argument(std::string message, std::string name,
                                       std::string_view value) {
    return refuse(std::move(message),
                  {{"ArgumentName", std::move(name)},
                   {"ArgumentValue", std::string(value.substr(0, echo_bytes_max))}});
}

std::unexpected<Error> malformed() {
    return refuse(
        "The XML you provided was not well-formed or did not validate against our published schema",
        {}, "malformed_xml");
}

// The element that names a destination, and the service that its ARN must be of.
struct DestinationWords {
    std::string element;
    std::string_view service;
};

DestinationWords words_of(DestinationKind kind) {
    switch (kind) {
        case DestinationKind::queue: return {.element = "Queue", .service = "sqs"};
        case DestinationKind::topic: return {.element = "Topic", .service = "sns"};
        case DestinationKind::function: return {.element = "CloudFunction", .service = "lambda"};
    }
    return {};  // A kind from a newer peer: its ARN is then of no known service.
}

// arn:partition:service:region:account:resource
struct Arn {
    std::string_view service;
    std::string_view region;
    std::string_view resource;
};

std::optional<Arn> parse_arn(std::string_view text) {
    std::array<std::string_view, 5> parts;
    for (auto& part : parts) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos || colon == 0) return std::nullopt;
        part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn" || text.empty()) return std::nullopt;
    return Arn{.service = parts[2], .region = parts[3], .resource = text};
}

bool is_prefix(const schema::FilterRule& rule) {
    return equal_ignoring_case(rule.name, "prefix");
}

bool is_suffix(const schema::FilterRule& rule) {
    return equal_ignoring_case(rule.name, "suffix");
}

pattern::FilterSpec filter_spec(const NotificationRule& rule) {
    pattern::FilterSpec spec{.events = rule.events, .prefix = {}, .suffix = {}};
    for (const auto& part : rule.filter) (is_prefix(part) ? spec.prefix : spec.suffix) = part.value;
    return spec;
}

// The checks. Each walks the whole configuration.

// First of all: it bounds what the others cost.
Result<void> check_count(const Rules& rules) {
    if (rules.size() <= rules_max) return {};
    return refuse("Too many configurations submitted. The maximum number of configurations is 100",
                  {}, "invalid_request");
}

// Answers them parsed, one per rule.
Result<std::vector<Arn>> check_arns(const Rules& rules) {
    std::vector<Arn> arns;
    for (const auto& rule : rules) {
        const auto words = words_of(rule.kind);
        const auto arn = parse_arn(rule.destination_arn);
        if (!arn || arn->service != words.service) {
            return refuse_argument("The ARN could not be parsed", words.element,
                                   rule.destination_arn);
        }
        arns.push_back(*arn);
    }
    return arns;
}

Result<void> check_filter_names(const Rules& rules) {
    for (const auto& rule : rules) {
        for (const auto& part : rule.filter) {
            if (part.name.empty() || is_prefix(part) || is_suffix(part)) continue;
            return refuse_argument("filter rule name must be either prefix or suffix",
                                   "FilterRule.Name", part.name);
        }
    }
    return {};
}

Result<void> check_shape(const Rules& rules) {
    for (const auto& rule : rules) {
        const auto lacks_name = [](const auto& part) { return part.name.empty(); };
        if (rule.events.empty() || std::ranges::any_of(rule.filter, lacks_name)) return malformed();
    }
    return {};
}

Result<void> check_filter_counts(const Rules& rules) {
    for (const auto& rule : rules) {
        if (std::ranges::count_if(rule.filter, is_prefix) > 1) {
            return refuse("Cannot specify more than one prefix rule in a filter.");
        }
        if (std::ranges::count_if(rule.filter, is_suffix) > 1) {
            return refuse("Cannot specify more than one suffix rule in a filter.");
        }
    }
    return {};
}

Result<void> check_filter_values(const Rules& rules) {
    for (const auto& rule : rules) {
        for (const auto& part : rule.filter) {
            if (part.value.size() <= pattern::filter_value_bytes_max) continue;
            return refuse_argument(
                "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                "FilterRule.Value", part.value);
        }
    }
    return {};
}

Result<std::vector<pattern::EventFilter>> check_events(const Rules& rules) {
    std::vector<pattern::EventFilter> filters;
    filters.reserve(rules.size());
    for (const auto& rule : rules) {
        auto filter = pattern::EventFilter::make(filter_spec(rule));
        if (!filter) {
            Error error = std::move(filter).error();
            error.reason = "invalid_argument";
            return std::unexpected(std::move(error));
        }
        for (const auto& name : rule.events) {
            auto event = pattern::parse_new_event(name);
            if (event) continue;
            Error error = std::move(event).error();
            error.reason = "invalid_argument";
            return std::unexpected(std::move(error));
        }
        filters.push_back(*std::move(filter));
    }
    return filters;
}

Result<void> check_overlap(const std::vector<pattern::EventFilter>& filters) {
    const auto is_filtered = [](const pattern::EventFilter& filter) {
        return filter.spec().prefix.has_value() || filter.spec().suffix.has_value();
    };
    for (std::size_t i = 0; i < filters.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (!pattern::overlaps(filters[i], filters[j])) continue;
            if (is_filtered(filters[i]) || is_filtered(filters[j])) {
                return refuse(
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two "
                    "rules if the prefixes are overlapping for the same event type.");
            }
            return refuse(
                "Configurations overlap. Configurations on the same bucket cannot share a common "
                "event type.");
        }
    }
    return {};
}

Result<void> check_ids(const Rules& rules) {
    std::set<std::string_view> ids;
    for (const auto& rule : rules) {
        if (!rule.id.empty() && !ids.insert(rule.id).second) {
            return refuse("Same ID used for multiple configurations. IDs must be unique.");
        }
    }
    for (const auto& rule : rules) {
        if (rule.id.size() > rule_id_bytes_max) {
            return refuse("ID length exceeded allowed limit of 255");
        }
    }
    return {};
}

Result<void> check_regions(const Rules& rules, const std::vector<Arn>& arns,
                           std::string_view region) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (arns[i].region == region) continue;
        return refuse_argument(
            "The notification destination service region is not valid for the bucket location "
            "constraint",
            words_of(rules[i].kind).element, rules[i].destination_arn);
    }
    return {};
}

Result<void> check_not_fifo(const Rules& rules, const std::vector<Arn>& arns) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!arns[i].resource.ends_with(".fifo")) continue;
        if (rules[i].kind == DestinationKind::queue) {
            return refuse_argument("FIFO SQS queues are not supported.", "Queue",
                                   rules[i].destination_arn);
        }
        if (rules[i].kind == DestinationKind::topic) {
            return refuse_argument("FIFO SNS topics are not supported.", "Topic",
                                   rules[i].destination_arn);
        }
    }
    return {};
}

std::string loop_words(std::uint32_t depth) {
    return "loop guard: " + std::to_string(depth) +
           " events led to this one, and a function is not started by one with more than " +
           std::to_string(loop_depth_max) + " before it";
}

}  // namespace

Result<BucketRules> BucketRules::make(std::vector<NotificationRule> rules) {
    BucketRules made;
    for (const auto& rule : rules) {
        ONPUT_TRY(auto filter, pattern::EventFilter::make(filter_spec(rule)));
        made.filters_.push_back(std::move(filter));
    }
    made.rules_ = std::move(rules);
    return made;
}

std::vector<schema::OwedDestination> BucketRules::match(pattern::EventSet event,
                                                        std::string_view key,
                                                        std::uint32_t depth) const {
    std::vector<schema::OwedDestination> owed;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        if (!filters_[i].matches(event, key)) continue;
        const auto& rule = rules_[i];
        const bool is_loop = rule.kind == DestinationKind::function && depth > loop_depth_max;
        owed.push_back({.arn = rule.destination_arn,
                        .rule_id = rule.id,
                        .withheld = is_loop ? loop_words(depth) : std::string()});
    }
    return owed;
}

std::vector<schema::RuleExplanation> BucketRules::explain(std::string_view event_name,
                                                          std::string_view key) const {
    std::vector<schema::RuleExplanation> answers;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
        const bool matches = filters_[i].matches(event_name, key);
        answers.push_back({.rule_id = rules_[i].id,
                           .destination_arn = rules_[i].destination_arn,
                           .matches = matches,
                           .why = matches ? "event, prefix and suffix match"
                                          : filters_[i].explain(event_name, key)});
    }
    return answers;
}

Result<Rules> check_configuration(const schema::NotificationConfiguration& configuration,
                                  std::string_view region, Random& random) {
    const Rules& asked = configuration.rules;
    ONPUT_TRY_VOID(check_count(asked));
    ONPUT_TRY(const auto arns, check_arns(asked));
    ONPUT_TRY_VOID(check_filter_names(asked));
    ONPUT_TRY_VOID(check_shape(asked));
    ONPUT_TRY_VOID(check_filter_counts(asked));
    ONPUT_TRY_VOID(check_filter_values(asked));
    ONPUT_TRY(const auto filters, check_events(asked));
    ONPUT_TRY_VOID(check_overlap(filters));
    ONPUT_TRY_VOID(check_ids(asked));
    ONPUT_TRY_VOID(check_regions(asked, arns, region));
    ONPUT_TRY_VOID(check_not_fifo(asked, arns));

    Rules rules = asked;
    for (auto& rule : rules) {
        if (rule.id.empty()) rule.id = to_base64(random.uuid());
        rule.has_filter = rule.has_filter || !rule.filter.empty();
        for (auto& part : rule.filter) part.name = is_prefix(part) ? "Prefix" : "Suffix";
    }
    return rules;
}

Result<void> check_refusals(const Rules& rules, const std::vector<std::string>& refusals) {
    if (refusals.size() != rules.size()) {
        return fail(ErrorCode::internal, "the notifier answered for other destinations than asked");
    }
    Details details;
    std::size_t count = 0;
    // SDKs show the message and hide the details: it says what they do, as far as it goes.
    std::string message = "Unable to validate the following destination configurations";
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (refusals[i].empty()) continue;
        const std::string number = std::to_string(++count);
        if (count <= refusals_told_max) {
            message += fmt::format("{} {}: {}", count == 1 ? ":" : ";", rules[i].destination_arn,
                                   refusals[i]);
        }
        // S3 itself prints the qualifier that a function's ARN lacks.
        const bool is_function = rules[i].kind == DestinationKind::function;
        details.emplace_back("ArgumentName" + number,
                             rules[i].destination_arn + (is_function ? ", null" : ""));
        details.emplace_back("ArgumentValue" + number, refusals[i]);
    }
    if (details.empty()) return {};
    if (count > refusals_told_max)
        message += fmt::format("; and {} more", count - refusals_told_max);
    return refuse(std::move(message), std::move(details));
}

}  // namespace onput::storage
