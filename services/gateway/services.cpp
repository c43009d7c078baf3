#include "services/gateway/services.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/events/service.hpp"
#include "services/gateway/iam/service.hpp"
#include "services/gateway/lambda/service.hpp"
#include "services/gateway/logs/service.hpp"
#include "services/gateway/polly/service.hpp"
#include "services/gateway/scheduler/service.hpp"
#include "services/gateway/sns/service.hpp"
#include "services/gateway/sqs/service.hpp"
#include "services/gateway/sts/service.hpp"

namespace onput::gateway {

std::span<const aws::Service* const> served_services() {
    static const std::array<const aws::Service*, 9> services{
        &sqs::service(),    &sns::service(),    &polly::service(),
        &lambda::service(), &iam::service(),    &sts::service(),
        &logs::service(),   &events::service(), &scheduler::service()};
    return services;
}

const aws::Service* find_service(std::string_view name) {
    for (const auto* service : served_services()) {
        if (service->name == name) return service;
    }
    return nullptr;
}

std::string titles_of_services() {
    std::vector<std::string_view> titles{aws::s3_model().title()};
    for (const auto* service : served_services()) titles.push_back(service->model().title());
    std::ranges::sort(titles);
    const std::string_view last = titles.back();
    titles.pop_back();
    return fmt::format("{} and {}", fmt::join(titles, ", "), last);
}

}  // namespace onput::gateway
