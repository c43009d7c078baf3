// A core with rules that are due and schedules, in the domain's words.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {

using namespace std::chrono_literals;

inline const std::string rule_arn = "arn:aws:events:us-east-1:000000000000:rule/";
inline const std::string schedules = "arn:aws:scheduler:us-east-1:000000000000:schedule/";
inline const std::string bus_arn = "arn:aws:events:us-east-1:000000000000:event-bus/";
inline const std::string queue_dead = "arn:aws:sqs:us-east-1:000000000000:dead";

class SchedulesTest : public NotifierTest {
protected:
    void rule_every(const std::string& expression, const std::string& arn = queue_a) {
        ASSERT_TRUE(apply(schema::PutRule{.name = "r", .expression = expression}));
        ASSERT_TRUE(apply(schema::PutTargets{.rule = "r", .targets = {{.id = "t", .arn = arn}}}));
        sync();
    }
    static schema::PutSchedule schedule(const std::string& expression,
                                        const std::string& arn = queue_a) {
        schema::PutSchedule put;
        put.schedule.name = "s";
        put.schedule.expression = expression;
        put.schedule.target = {.arn = arn, .role_arn = "arn:aws:iam::000000000000:role/r"};
        return put;
    }
    void create(const schema::PutSchedule& put) {
        const auto answer = apply(put);
        ASSERT_TRUE(answer) << answer.error().message;
        sync();
    }
    template <typename M>
    std::string refusal(const M& request) {
        const auto answer = apply(request);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().reason + ": " + answer.error().message;
    }
    // Time that passes in steps as the host's timers see it; what was delivered.
    std::vector<schema::DeliverItem> run(Duration time, Duration step = 1s) {
        std::vector<schema::DeliverItem> items;
        for (const Timestamp end = now + time; now < end;) {
            pass(std::min(step, Duration(end - now)));
            sync();
            for (auto deliveries = due(); !deliveries.empty(); deliveries = due()) {
                for (const auto& delivery : deliveries) {
                    items.insert(items.end(), delivery.message.items.begin(),
                                 delivery.message.items.end());
                    last_service = delivery.message.service;
                    accept(delivery);
                }
            }
        }
        sync();
        return items;
    }
    std::size_t count_schedules() {
        return core->schedules().list({}, owner()).value().schedules.size();
    }

    std::string last_service;
};

}  // namespace onput::notifier
