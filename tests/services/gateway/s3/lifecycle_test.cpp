#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/lifecycle_document.hpp"
#include "services/gateway/s3/lifecycle_rules.hpp"

namespace onput::gateway::s3 {
namespace {

std::string configuration_of(std::string_view rules) {
    return fmt::format("<LifecycleConfiguration>{}</LifecycleConfiguration>", rules);
}

std::string rule(std::string_view actions, std::string_view filter = "<Filter/>",
                 std::string_view id = "r") {
    return fmt::format("<Rule><ID>{}</ID><Status>Enabled</Status>{}{}</Rule>", id, filter, actions);
}

std::string days(std::string_view count) {
    return fmt::format("<Expiration><Days>{}</Days></Expiration>", count);
}

std::string move(std::string_view count, std::string_view storage_class) {
    return fmt::format("<Transition><Days>{}</Days><StorageClass>{}</StorageClass></Transition>",
                       count, storage_class);
}

std::string and_filter(std::string_view conditions) {
    return fmt::format("<Filter><And>{}</And></Filter>", conditions);
}

std::string noncurrent(std::string_view inside) {
    return fmt::format("<NoncurrentVersionExpiration>{}</NoncurrentVersionExpiration>", inside);
}

constexpr std::string_view one_day = "<NoncurrentDays>1</NoncurrentDays>";
constexpr std::string_view tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";
constexpr std::string_view marker =
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
constexpr std::string_view abort_uploads =
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>";

// "ok", or the code and the message of the refusal.
std::string judge(std::string_view rules) {
    const auto read = read_lifecycle(configuration_of(rules));
    if (!read) return std::string(name_of(read.error()).code);
    const auto checked = check_lifecycle(*read);
    if (checked) return "ok";
    return fmt::format("{}: {}", name_of(checked.error()).code, checked.error().message);
}

// What GET answers of what was put, from the first rule on.
std::string echo(std::string_view rules) {
    const auto read = read_lifecycle(configuration_of(rules));
    if (!read) return read.error().message;
    std::string shown = render_lifecycle(*read);
    shown = shown.substr(shown.find("<Rule>"));
    return shown.substr(0, shown.find("</LifecycleConfiguration>"));
}

TEST(S3Lifecycle, is_answered_as_it_was_sent) {
    const std::string whole =
        "<Rule><Expiration><Days>400</Days></Expiration><ID>a</ID><Filter><And>"
        "<Prefix>logs/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
        "<ObjectSizeGreaterThan>0</ObjectSizeGreaterThan>"
        "<ObjectSizeLessThan>1000000</ObjectSizeLessThan></And></Filter><Status>Enabled</Status>"
        "<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
        "<Transition><Days>90</Days><StorageClass>GLACIER</StorageClass></Transition>"
        "<NoncurrentVersionTransition><NoncurrentDays>3</NoncurrentDays>"
        "<StorageClass>DEEP_ARCHIVE</StorageClass>"
        "<NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionTransition>"
        "<NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays>"
        "<NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule>";
    EXPECT_EQ(echo(whole), whole);
    EXPECT_EQ(judge(whole), "ok");
    for (const std::string_view filter :
         {"<Filter></Filter>", "<Filter><Prefix></Prefix></Filter>", "<Prefix>a/</Prefix>",
          "<Filter><ObjectSizeLessThan>7</ObjectSizeLessThan></Filter>"}) {
        const std::string shown = echo(rule(days("1"), filter));
        EXPECT_TRUE(shown.contains(filter)) << shown;
    }
    const std::string date = "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>";
    EXPECT_TRUE(echo(rule(date)).contains(date));
    EXPECT_EQ(echo(rule("<Expiration><Date>2030-01-01</Date></Expiration>")), echo(rule(date)));
    EXPECT_EQ(echo(rule("<Expiration><Date>2030-01-01T02:00+02:00</Date></Expiration>")),
              echo(rule(date)));
    EXPECT_TRUE(echo(rule(marker)).contains(marker));
    EXPECT_TRUE(echo(rule(abort_uploads)).contains(abort_uploads));
}

TEST(S3Lifecycle, a_rule_without_an_id_gets_one_that_stays) {
    const std::string nameless = "<Rule><Status>Enabled</Status><Filter/>" + days("1") + "</Rule>";
    const auto read = read_lifecycle(configuration_of(nameless + nameless));
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->rules[0].id.empty());
    EXPECT_NE(read->rules[0].id, read->rules[1].id);
    EXPECT_EQ(read, read_lifecycle(configuration_of(nameless + nameless)));
    EXPECT_TRUE(check_lifecycle(*read));
}

// So a document of many rules costs no more than its length.
TEST(S3Lifecycle, an_id_is_made_of_its_rule_and_of_the_id_before_it) {
    const std::string nameless = "<Rule><Status>Enabled</Status><Filter/>" + days("1") + "</Rule>";
    const auto third_of = [&nameless](const std::string& first) {
        const auto read = read_lifecycle(configuration_of(first + rule(days("2")) + nameless));
        EXPECT_TRUE(read);
        return read ? read->rules[2].id : std::string();
    };
    EXPECT_EQ(third_of(rule(days("3"), "<Filter/>", "one")),
              third_of(rule(days("4"), "<Filter/>", "two")));
}

TEST(S3Lifecycle, too_many_rules_are_refused_before_any_is_read) {
    std::string rules =
        rule(days("0"), "<Filter><Prefix>a</Prefix>" + std::string(tag) + "</Filter>");
    for (std::size_t i = 0; i < schema::lifecycle_rules_max; ++i)
        rules += rule(days("1"), "<Filter/>", std::to_string(i));
    const auto read = read_lifecycle(configuration_of(rules));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message,
              "The number of lifecycle rules must not exceed the allowed limit of 1000 rules");
}

TEST(S3Lifecycle, what_does_not_fit_the_shape_is_malformed) {
    for (const std::string& rules :
         {std::string(), rule(days("x")), rule(days("1"), ""),
          rule(days("1"), "<Prefix>a</Prefix><Filter/>"),
          rule(days("1"), "<Filter><Prefix>a</Prefix>" + std::string(tag) + "</Filter>"),
          rule(days("1"), and_filter("<Prefix>a</Prefix>")), rule("<Expiration/>"),
          rule("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"),
          rule("<Expiration><Date>soon</Date></Expiration>"), rule(move("1", "STANDARD")),
          rule("<Transition><Days>1</Days></Transition>"), rule(noncurrent("")),
          rule(days("99999999999")),
          std::string("<Rule><Status>On</Status><Filter/><Expiration><Days>1</Days></Expiration>"
                      "</Rule>")}) {
        EXPECT_EQ(judge(rules), "MalformedXML") << rules;
    }
}

TEST(S3Lifecycle, each_refusal_has_the_words_of_s3) {
    using Case = std::pair<std::string, std::string_view>;
    for (const auto& [rules, refusal] : std::vector<Case>{
             {rule(""), "InvalidRequest: At least one action needs to be specified in a rule"},
             {rule(days("1")) + rule(days("2")),
              "InvalidArgument: Rule ID must be unique. Found same ID for more than one rule"},
             {rule(days("1"), "<Filter/>", std::string(256, 'i')),
              "InvalidArgument: ID length should not exceed allowed limit of 255"},
             {rule(days("0")),
              "InvalidArgument: 'Days' for Expiration action must be a positive integer"},
             {rule(days("-1")),
              "InvalidArgument: 'Days' for Expiration action must be a positive integer"},
             {rule("<Expiration><Date>2030-01-01T00:00:01Z</Date></Expiration>"),
              "InvalidArgument: 'Date' must be at midnight GMT"},
             {rule(move("29", "STANDARD_IA")),
              "InvalidArgument: 'Days' in Transition action must be greater than or equal to 30 "
              "for "
              "storageClass 'STANDARD_IA'"},
             {rule(days("30") + move("30", "GLACIER"), "<Filter><Prefix>a</Prefix></Filter>"),
              "InvalidArgument: 'Days' in the Expiration action for filter '(prefix=a)' must be "
              "greater than 'Days' in the Transition action"},
             {rule(move("5", "DEEP_ARCHIVE") + move("6", "GLACIER"), "<Prefix>a</Prefix>"),
              "InvalidArgument: 'Days' in the Transition action with StorageClass 'DEEP_ARCHIVE' "
              "for prefix 'a' must be greater than 'Days' in the Transition action with "
              "StorageClass 'GLACIER'"},
             {rule(move("59", "GLACIER") + move("30", "STANDARD_IA")),
              "InvalidArgument: 'Days' in the Transition action with StorageClass 'GLACIER' for "
              "filter '(prefix=)' must be 30 days more than 'Days' in the Transition action with "
              "StorageClass 'STANDARD_IA'"},
             {rule(move("1", "GLACIER") + move("2", "GLACIER")),
              "InvalidRequest: 'StorageClass' must be different for 'Transition' actions in same "
              "'Rule' with filter '(prefix=)'"},
             {rule("<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>" +
                   move("1", "GLACIER")),
              "InvalidRequest: Found mixed 'Date' and 'Days' based Expiration and Transition "
              "actions in lifecycle rule for filter '(prefix=)'"},
             {rule(marker, "<Filter>" + std::string(tag) + "</Filter>"),
              "InvalidRequest: ExpiredObjectDeleteMarker cannot be specified with Tags."},
             {rule(abort_uploads, "<Filter>" + std::string(tag) + "</Filter>"),
              "InvalidRequest: AbortIncompleteMultipartUpload cannot be specified with Tags."},
             {rule(noncurrent("<NoncurrentDays>0</NoncurrentDays>")),
              "InvalidArgument: 'NoncurrentDays' for NoncurrentVersionExpiration action must be a "
              "positive integer"},
             {rule(noncurrent(std::string(one_day) +
                              "<NewerNoncurrentVersions>101</NewerNoncurrentVersions>")),
              "InvalidArgument: 'NewerNoncurrentVersions' for NoncurrentVersionExpiration action "
              "must be a positive integer of at most 100"},
             {rule(noncurrent(std::string(one_day) +
                              "<NewerNoncurrentVersions>1</NewerNoncurrentVersions>"),
                   "<Prefix></Prefix>"),
              "InvalidRequest: NewerNoncurrentVersions element can only be used in Lifecycle V2."},
             {rule(days("1"), "<Prefix/>", "a") + rule(days("1"), "<Filter/>", "b"),
              "InvalidRequest: Base level prefix cannot be used in Lifecycle V2, prefixes are only "
              "supported in the Filter."},
             {rule(days("1"), and_filter("<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>"
                                         "<ObjectSizeLessThan>5</ObjectSizeLessThan>")),
              "InvalidRequest: 'ObjectSizeLessThan' has to be a value greater than "
              "'ObjectSizeGreaterThan'"}}) {
        EXPECT_EQ(judge(rules), refusal) << rules;
    }
}

TEST(S3Lifecycle, a_thousand_rules_are_taken_and_one_more_is_not) {
    std::string rules;
    for (int i = 0; i < 1000; ++i) rules += rule(days("1"), "<Filter/>", fmt::format("r{}", i));
    EXPECT_EQ(judge(rules), "ok");
    EXPECT_EQ(judge(rules + rule(days("1"), "<Filter/>", "one more")), "InvalidRequest");
}

TEST(S3Lifecycle, the_size_below_which_nothing_moves_is_one_of_two) {
    using enum schema::TransitionMinimumSize;
    EXPECT_EQ(read_minimum_size(""), all_storage_classes_128k);
    EXPECT_EQ(read_minimum_size("varies_by_storage_class"), varies_by_storage_class);
    EXPECT_EQ(show_minimum_size(varies_by_storage_class), "varies_by_storage_class");
    EXPECT_FALSE(read_minimum_size("all"));
}

}  // namespace
}  // namespace onput::gateway::s3
