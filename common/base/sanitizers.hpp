// Whether this program is built with a sanitizer that shadows its memory: GCC and clang say so each
// in their own way.
#pragma once

namespace onput {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_shadow_memory = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool has_shadow_memory = true;
#else
inline constexpr bool has_shadow_memory = false;
#endif
#else
inline constexpr bool has_shadow_memory = false;
#endif

}  // namespace onput
