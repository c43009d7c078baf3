#include "services/storage/config.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "common/base/master_keys.hpp"
#include "common/store/blobs.hpp"
#include "services/storage/objects/names.hpp"
#include "services/storage/replication/endpoints.hpp"

namespace onput::storage {
namespace {

// Rows up to this size commit fast; beyond it the segment log is faster.
constexpr std::uint64_t inline_bytes_limit = 64 * 1024;
constexpr std::uint64_t segment_bytes_min = 4 * store::segment_blob_bytes_max;
constexpr std::uint32_t blob_threads_max = 64;

}  // namespace

std::vector<std::string> Config::validate() const {
    std::vector<std::string> faults;
    if (data.empty()) faults.emplace_back("data is missing: name a directory.");
    if (endpoints.empty()) faults.emplace_back("endpoints is missing: name at least one.");
    if (notifier_endpoint.empty()) faults.emplace_back("notifier_endpoint is missing.");
    if (!check_region(region)) faults.emplace_back("region is not the name of a region.");
    if (inline_bytes_max > inline_bytes_limit) {
        faults.emplace_back("inline_bytes_max is above 65536.");
    }
    if (segment_bytes < segment_bytes_min) faults.emplace_back("segment_bytes is below 4194304.");
    if (write_idle_timeout_ms == 0) faults.emplace_back("write_idle_timeout_ms is 0.");
    if (blob_threads == 0 || blob_threads > blob_threads_max) {
        faults.emplace_back("blob_threads is not between 1 and 64.");
    }
    if (const auto keys = MasterKeys::parse(master_keys_secret); !keys)
        faults.push_back(fmt::format("master_keys_secret: {}.", keys.error().message));
    if (const auto keys = MasterKeys::parse(kms_keys_secret); !keys)
        faults.push_back(fmt::format("kms_keys_secret: {}.", keys.error().message));
    if (lifecycle_rows_per_second == 0) faults.emplace_back("lifecycle_rows_per_second is 0.");
    if (restore_day_s == 0) faults.emplace_back("restore_day_s is 0.");
    if (archive_bytes_per_second == 0) faults.emplace_back("archive_bytes_per_second is 0.");
    if (replication_bytes_per_second == 0)
        faults.emplace_back("replication_bytes_per_second is 0.");
    if (replication_versions_per_second == 0)
        faults.emplace_back("replication_versions_per_second is 0.");
    const auto endpoints_of_replicas =
        Endpoints::parse(replication_endpoints, replication_keys_secret);
    if (!endpoints_of_replicas)
        faults.push_back(
            fmt::format("replication_endpoints: {}.", endpoints_of_replicas.error().message));
    if (!replication_ca_file.empty() && access(replication_ca_file.c_str(), R_OK) != 0)
        faults.push_back(
            fmt::format("replication_ca_file {} cannot be read.", replication_ca_file));
    if (!cold_data.empty() && cold_data == data) faults.emplace_back("cold_data is data.");
    return faults;
}

}  // namespace onput::storage
