// The operations on configurations of buckets (bucket_configuration.hpp), each for any kind.
#pragma once

#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

Outcome put_configuration(S3Request& request, ConfigurationKind kind);
Outcome get_configuration(S3Request& request, ConfigurationKind kind);
Outcome delete_configuration(S3Request& request, ConfigurationKind kind);
Outcome list_configurations(S3Request& request, ConfigurationKind kind);

// As an Operation's Run: run_for<&put_configuration, ConfigurationKind::tagging>.
template <Outcome (*operation)(S3Request&, ConfigurationKind), ConfigurationKind kind>
Outcome run_for(S3Request& request) {
    return operation(request, kind);
}

}  // namespace onput::gateway::s3
