"""The misbehaviours of real GPUs that the simulated one has, each by its name, with its source.

`SimulatedGpu(lacking=[...])` takes behaviours out. `test_simulated_gpu` shows what each of them does, and that tests
notice its absence.
"""

BEHAVIOURS = {
    "streams": "a launch returns at once, and its kernel runs when those before it are done (CUDA C Programming Guide, "
    "Asynchronous Concurrent Execution; docs.pytorch.org/docs/stable/notes/cuda.html#asynchronous-execution)",
    "current device": "events, spins and launches go to the current device's stream (ATen/native/cuda/Sleep.cu takes "
    "getCurrentCUDAStream(); torch.cuda.Event.record: 'uses torch.cuda.current_stream() if no stream is specified')",
    "launch queue": "about 1,000 kernels wait, and the launch of the next one waits for the first of them "
    "(forums.developer.nvidia.com/t/68937, stackoverflow.com/questions/53970187)",
    "lazy loading": "a kernel's first launch waits for all that runs, and then loads it (CUDA C Programming Guide, "
    "Lazy Loading: 'may require synchronization of the context')",
    "kernel gaps": "a kernel that is queued behind another one starts about a microsecond after that one's end "
    "(developer.nvidia.com/blog/cuda-graphs: kernels of 2.9 us, queued ahead, take 3.8 us each)",
    "clock ramp": "an idle GPU runs at its lowest clock and rises within milliseconds of work, also while a kernel "
    "runs; a spin counts cycles, so that it lasts longer then (NVML, nvmlClocksEventReasonGpuIdle; Sleep.cu: "
    "clock64())",
    "event cost": "two events with nothing between them are a microsecond or two apart: events are work of the stream "
    "(CUDA C Best Practices Guide, Using CUDA GPU Timers)",
    "event resolution": "half a microsecond (CUDA Runtime API, cudaEventElapsedTime)",
    "throttling": "slowed down, kernels take longer, and the driver says why (NVML, "
    "nvmlClocksEventReasonHwThermalSlowdown)",
    "syncing calls": "what reads a value of the device waits for all that is queued before it "
    "(ATen/native/cuda/CUDAScalar.cu, _local_scalar_dense_cuda: a copy, then a wait for the stream)",
    "caching allocator": "what is let go is kept for later and is no free memory in the driver's eyes "
    "(docs.pytorch.org/docs/stable/notes/cuda.html#memory-management; c10/cuda/CUDACachingAllocator.cpp)",
    "rounded blocks": "a block takes a multiple of 512 bytes, and a segment of 2 MiB or more is taken for it; what was "
    "requested is counted apart (CUDACachingAllocator.cpp: kMinBlockSize, kSmallBuffer, kLargeBuffer; requested_bytes)",
    "slow driver memory": "taking memory from the driver takes the host a tenth of a millisecond; giving it back waits "
    "for the device (CUDA C Programming Guide, Implicit Synchronization; CUDACachingAllocator.cpp, release_block)",
    "out of memory": "a request that does not fit is tried again once the cache is given back, and then raises "
    "torch.OutOfMemoryError (CUDACachingAllocator.cpp, malloc)",
    "lost device": "after a kernel that failed every later call that reaches the device raises (CUDA Runtime API, "
    "cudaErrorAssert: 'the process must be terminated and relaunched')",
}
