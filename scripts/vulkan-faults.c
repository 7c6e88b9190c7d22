/* A Vulkan layer that plays a graphics card that fails, for the tests of clusters and devices.
 *
 * Built as a shared library beside a manifest that names VK_LAYER_TANBA_faults; VK_ADD_LAYER_PATH is their folder and
 * VK_INSTANCE_LAYERS that name. VULKAN_FAULT is `lost` (vkQueueSubmit and vkWaitForFences say that the device is lost) or `memory`
 * (vkAllocateMemory says that there is none left); VULKAN_FAULT_AT is the number of the first call that fails, from 1, counted
 * over submissions or allocations. All calls after it fail too.
 *
 * The structures are those of the interface between loader and layers (Khronos, LoaderLayerInterface.md), declared here so that
 * no headers of Vulkan are needed.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OUT_OF_DEVICE_MEMORY (-2)
#define INITIALIZATION_FAILED (-3)
#define DEVICE_LOST (-4)
#define LOADER_INSTANCE_CREATE_INFO 47
#define LOADER_DEVICE_CREATE_INFO 48
#define LINK_INFO 0

typedef void (*any_function)(void);
typedef any_function (*get_function)(void *, const char *);

struct link {
    struct link *next;
    get_function get_instance_function;
    /* Of an instance: that of physical devices, which is not used here. */
    get_function get_device_function;
};

struct create_info {
    int32_t type;
    struct create_info *next;
    int32_t function;
    struct link *link;
};

struct negotiation {
    int32_t type;
    void *next;
    uint32_t version;
    get_function get_instance_function;
    get_function get_device_function;
    get_function get_physical_device_function;
};

static get_function next_instance_function;
static get_function next_device_function;
static void *instance_in_use;
static int32_t (*next_submit)(void *, uint32_t, const void *, uint64_t);
static int32_t (*next_wait)(void *, uint32_t, const uint64_t *, uint32_t, uint64_t);
static int32_t (*next_allocate)(void *, const void *, const void *, uint64_t *);
static atomic_long calls;

static int is_asked(const char *fault) {
    const char *asked = getenv("VULKAN_FAULT");
    return asked && strcmp(asked, fault) == 0;
}

static long first_failing(void) {
    const char *text = getenv("VULKAN_FAULT_AT");
    return text ? atol(text) : 1;
}

static int32_t submit(void *queue, uint32_t count, const void *submits, uint64_t fence) {
    if (is_asked("lost") && atomic_fetch_add(&calls, 1) + 1 >= first_failing())
        return DEVICE_LOST;
    return next_submit(queue, count, submits, fence);
}

static int32_t wait_for_fences(void *device, uint32_t count, const uint64_t *fences, uint32_t all, uint64_t timeout) {
    if (is_asked("lost") && atomic_load(&calls) >= first_failing())
        return DEVICE_LOST;
    return next_wait(device, count, fences, all, timeout);
}

static int32_t allocate(void *device, const void *info, const void *allocator, uint64_t *memory) {
    if (is_asked("memory") && atomic_fetch_add(&calls, 1) + 1 >= first_failing())
        return OUT_OF_DEVICE_MEMORY;
    return next_allocate(device, info, allocator, memory);
}

/* The link of this layer in the chain; the next layer finds its own there afterwards. */
static struct link *taken_link(const void *given, int32_t type) {
    for (struct create_info *info = ((const struct create_info *)given)->next; info; info = info->next) {
        if (info->type == type && info->function == LINK_INFO) {
            struct link *link = info->link;
            info->link = link->next;
            return link;
        }
    }
    return NULL;
}

static int32_t create_instance(const void *info, const void *allocator, void **instance) {
    struct link *link = taken_link(info, LOADER_INSTANCE_CREATE_INFO);
    if (!link)
        return INITIALIZATION_FAILED;
    next_instance_function = link->get_instance_function;
    int32_t (*create)(const void *, const void *, void **) =
        (int32_t (*)(const void *, const void *, void **))next_instance_function(NULL, "vkCreateInstance");
    int32_t done = create(info, allocator, instance);
    if (done == 0)
        instance_in_use = *instance;
    return done;
}

static int32_t create_device(void *physical, const void *info, const void *allocator, void **device) {
    struct link *link = taken_link(info, LOADER_DEVICE_CREATE_INFO);
    if (!link)
        return INITIALIZATION_FAILED;
    int32_t (*create)(void *, const void *, const void *, void **) =
        (int32_t (*)(void *, const void *, const void *, void **))link->get_instance_function(
            instance_in_use, "vkCreateDevice");
    int32_t done = create(physical, info, allocator, device);
    if (done != 0)
        return done;
    next_device_function = link->get_device_function;
    next_submit = (int32_t (*)(void *, uint32_t, const void *, uint64_t))next_device_function(*device, "vkQueueSubmit");
    next_wait = (int32_t (*)(void *, uint32_t, const uint64_t *, uint32_t, uint64_t))next_device_function(
        *device, "vkWaitForFences");
    next_allocate = (int32_t (*)(void *, const void *, const void *, uint64_t *))next_device_function(
        *device, "vkAllocateMemory");
    return done;
}

static any_function get_instance_function(void *instance, const char *name);

static any_function get_device_function(void *device, const char *name) {
    if (strcmp(name, "vkGetDeviceProcAddr") == 0)
        return (any_function)get_device_function;
    if (strcmp(name, "vkQueueSubmit") == 0)
        return (any_function)submit;
    if (strcmp(name, "vkWaitForFences") == 0)
        return (any_function)wait_for_fences;
    if (strcmp(name, "vkAllocateMemory") == 0)
        return (any_function)allocate;
    return device && next_device_function ? next_device_function(device, name) : NULL;
}

static any_function get_instance_function(void *instance, const char *name) {
    if (strcmp(name, "vkGetInstanceProcAddr") == 0)
        return (any_function)get_instance_function;
    if (strcmp(name, "vkCreateInstance") == 0)
        return (any_function)create_instance;
    if (strcmp(name, "vkCreateDevice") == 0)
        return (any_function)create_device;
    any_function own = get_device_function(NULL, name);
    if (own)
        return own;
    return next_instance_function ? next_instance_function(instance, name) : NULL;
}

__attribute__((visibility("default"))) int32_t vkNegotiateLoaderLayerInterfaceVersion(struct negotiation *negotiation) {
    if (negotiation->version > 2)
        negotiation->version = 2;
    negotiation->get_instance_function = get_instance_function;
    negotiation->get_device_function = get_device_function;
    negotiation->get_physical_device_function = NULL;
    return 0;
}
