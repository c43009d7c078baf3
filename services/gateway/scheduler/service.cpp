#include "services/gateway/scheduler/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/scheduler/errors.hpp"
#include "services/gateway/scheduler/operation.hpp"

namespace onput::gateway::scheduler {
namespace {

constexpr std::array handlers{
    aws::Handler{"CreateSchedule", &create_schedule},
    aws::Handler{"CreateScheduleGroup", &create_schedule_group},
    aws::Handler{"DeleteSchedule", &delete_schedule},
    aws::Handler{"DeleteScheduleGroup", &delete_schedule_group},
    aws::Handler{"GetSchedule", &get_schedule},
    aws::Handler{"GetScheduleGroup", &get_schedule_group},
    aws::Handler{"ListScheduleGroups", &list_schedule_groups},
    aws::Handler{"ListSchedules", &list_schedules},
    aws::Handler{"ListTagsForResource", &list_tags_for_resource},
    aws::Handler{"TagResource", &tag_resource},
    aws::Handler{"UntagResource", &untag_resource},
    aws::Handler{"UpdateSchedule", &update_schedule},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

}  // namespace

const aws::Service& service() {
    static const aws::RestRouter router(aws::scheduler_model());
    static const aws::Service scheduler{
        .name = "scheduler",
        .model = &aws::scheduler_model,
        .handlers = handlers,
        .asks = &asks,
        .router = &router,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "UnknownOperationException",
    };
    return scheduler;
}

}  // namespace onput::gateway::scheduler
