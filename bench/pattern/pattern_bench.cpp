// How many events are matched in a second of processor time with so many rules, and what the rules
// cost in memory.
//
//     pattern_bench [rules ...]      default: 10 1000 10000 100000
//
// Events as S3 sends them, and an application's own; each matches about five rules. Rules: two in
// five name a bucket with a key's prefix or suffix, the others a customer, with numbers, texts and
// $or beside it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/random.hpp"
#include "common/pattern/event_matcher.hpp"

namespace onput::pattern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t events_kept = 1000;
constexpr std::chrono::seconds time_of_one{2};
constexpr std::size_t rules_per_name = 5;

std::string s3_rule(std::size_t bucket, std::size_t kind) {
    static constexpr std::string_view keys[]{
        R"({"prefix":"in/"})", R"({"suffix":".jpg"})", R"({"wildcard":"in/*.jpg"})",
        R"({"anything-but":{"prefix":"tmp/"}})", R"({"prefix":"in/2026"})"};
    return fmt::format(
        R"({{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{{"bucket":{{"name":)"
        R"(["bucket-{}"]}},"object":{{"key":[{}]}}}}}})",
        bucket, keys[kind % 5]);
}

std::string order_rule(std::size_t customer, std::size_t kind) {
    static constexpr std::string_view more[]{
        R"("total":[{"numeric":[">",10]}])", R"("state":["paid","sent"])",
        R"("$or":[{"country":["se"]},{"total":[{"numeric":["<",1000]}]}])",
        R"("address":{"zip":[{"prefix":"11"}]})", R"("state":[{"anything-but":"cancelled"}])"};
    return fmt::format(R"({{"source":["shop.orders"],"detail":{{"customer":["customer-{}"],{}}}}})",
                       customer, more[kind % 5]);
}

std::vector<EventPattern> make_rules(std::size_t count) {
    std::vector<EventPattern> rules;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t name = i / rules_per_name;
        const bool is_s3 = name % 5 < 2;
        auto rule = EventPattern::parse(is_s3 ? s3_rule(name, i) : order_rule(name, i));
        ONPUT_CHECK(rule);
        rules.push_back(*std::move(rule));
    }
    return rules;
}

std::string s3_event(std::size_t bucket, Random& random) {
    return fmt::format(
        R"({{"version":"0","id":"{}","detail-type":"Object Created","source":"aws.s3",)"
        R"("account":"000000000000","time":"2026-11-22T00:00:00Z","region":"us-east-1",)"
        R"("resources":["arn:aws:s3:::bucket-{}"],"detail":{{"version":"0","bucket":{{"name":)"
        R"("bucket-{}"}},"object":{{"key":"in/2026/photo-{}.jpg","size":5242880,"etag":)"
        R"("b1946ac92492d2347c6235b4d2611184","version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",)"
        R"("sequencer":"00617F08299329D189"}},"request-id":"N4N7GDK58NMKJ12R","requester":)"
        R"("000000000000","source-ip-address":"10.0.0.7","reason":"PutObject"}}}})",
        random.uuid(), bucket, bucket, random.below(1'000'000));
}

std::string order_event(std::size_t customer, Random& random) {
    return fmt::format(
        R"({{"version":"0","id":"{}","detail-type":"Order Placed","source":"shop.orders",)"
        R"("account":"000000000000","time":"2026-11-22T00:00:00Z","region":"us-east-1",)"
        R"("resources":[],"detail":{{"customer":"customer-{}","total":{}.5,"state":"paid",)"
        R"("country":"se","address":{{"street":"Storgatan 1","zip":"11122","city":"Stockholm"}},)"
        R"("items":[{{"sku":"a-1","count":2}},{{"sku":"b-7","count":1}}],"note":"ring the bell"}}}})",
        random.uuid(), customer, 20 + random.below(900));
}

std::vector<std::string> make_events(std::size_t rules) {
    Random random(7);
    std::vector<std::string> events;
    for (std::size_t i = 0; i < events_kept; ++i) {
        const std::size_t name = random.below(std::max<std::size_t>(1, rules / rules_per_name));
        events.push_back(name % 5 < 2 ? s3_event(name, random) : order_event(name, random));
    }
    return events;
}

double processor_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    statm >> all >> resident;
    return resident * 4096;
}

void run(std::size_t count) {
    const std::vector<std::string> events = make_events(count);
    const std::size_t before = resident_bytes();
    const auto built = Clock::now();
    const EventMatcher matcher(make_rules(count));
    const double build_s = std::chrono::duration<double>(Clock::now() - built).count();
    const std::size_t after = resident_bytes();
    EventScratch scratch;
    std::size_t matched = 0;
    std::size_t bytes = 0;
    std::size_t done = 0;
    const auto start = Clock::now();
    const double before_s = processor_seconds();
    while (Clock::now() - start < time_of_one) {
        for (const auto& event : events) {
            matched += matcher.match(event, scratch).size();
            bytes += event.size();
        }
        done += events.size();
    }
    const double seconds = processor_seconds() - before_s;
    const auto all = static_cast<double>(done);
    std::printf(
        "%7zu rules: %5.2f M events/s, %.1f matches and %.0f bytes each; %zu MiB, built in "
        "%.2f s\n",
        count, all / seconds / 1e6, static_cast<double>(matched) / all,
        static_cast<double>(bytes) / all, (after - before) >> 20, build_s);
}

}  // namespace
}  // namespace onput::pattern

int main(int argc, char** argv) {
    std::vector<std::size_t> counts{10, 1000, 10'000, 100'000};
    if (argc > 1) counts.clear();
    for (int i = 1; i < argc; ++i) counts.push_back(std::strtoull(argv[i], nullptr, 10));
    for (const std::size_t count : counts) onput::pattern::run(count);
    return 0;
}
