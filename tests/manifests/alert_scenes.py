"""What each alert needs to see: series, as promtool's unit tests take them, the time to look, and who fires then."""

SCALER = '{namespace="rarefault", horizontalpodautoscaler="a"}'
BASE = 'namespace="rarefault", pod="p-1", model="press"'
SERVED = {f'rarefault_model_info{{{BASE}, version="1"}}': "1x60"}
SCENES = {
    "nothing is served": ({}, "11m", {"RarefaultNoChampion"}),
    "all is well": (
        {
            **SERVED,
            f"rarefault_ready{{{BASE}}}": "1x60",
            f'rarefault_requests_total{{{BASE}, protocol="v1", status="200"}}': "0+600x60",
            f'rarefault_predictions_total{{{BASE}, label="pass"}}': "0+600x60",
            f'rarefault_out_of_range_total{{{BASE}, feature="x"}}': "0+3x60",
            f'rarefault_drift_psi{{{BASE}, feature="x"}}': "0.2x60",
            f'rarefault_machine_onset{{{BASE}, machine="m-1"}}': "0x60",
            f'rarefault_machine_state{{{BASE}, machine="m-1"}}': "0x60",
            f'rarefault_request_seconds_bucket{{{BASE}, le="0.01"}}': "0+600x60",
            f'rarefault_request_seconds_bucket{{{BASE}, le="+Inf"}}': "0+600x60",
            f'rarefault_reloads_total{{{BASE}, result="ok"}}': "0+1x60",
            f"rarefault_request_log_dropped_total{{{BASE}}}": "0x60",
            'kube_pod_status_phase{namespace="k", pod="retrain-a-system-container-impl-1", phase="Failed"}': "0x60",
            'kube_pod_completion_time{namespace="k", pod="retrain-a-system-container-impl-1"}': "0x60",
            'kube_deployment_status_replicas_available{namespace="rarefault", deployment="mlflow"}': "1x60",
            f"kube_horizontalpodautoscaler_status_current_replicas{SCALER}": "9x60",
            f"kube_horizontalpodautoscaler_spec_max_replicas{SCALER}": "10x60",
            'kubelet_volume_stats_available_bytes{namespace="rarefault", persistentvolumeclaim="d"}': "50x60",
            'kubelet_volume_stats_capacity_bytes{namespace="rarefault", persistentvolumeclaim="d"}': "100x60",
        },
        "50m",
        set(),
    ),
    "answers are slow, read by two monitors": (
        SERVED
        | {
            f'rarefault_request_seconds_bucket{{{BASE}, job="{job}", le="{le}"}}': f"0+{n}x60"
            for job in "ab"
            for le, n in (("0.05", 540), ("0.1", 600), ("+Inf", 600))
        },
        "20m",
        {"RarefaultLatencyHigh"},
    ),
    "two in a hundred fail": (
        SERVED
        | {
            f'rarefault_requests_total{{{BASE}, protocol="v1", status="{status}"}}': f"0+{n}x60"
            for status, n in (("200", 98), ("500", 2))
        },
        "15m",
        {"RarefaultErrors"},
    ),
    "one in ten is refused": (
        SERVED
        | {
            f'rarefault_requests_total{{{BASE}, protocol="v1", status="{status}"}}': f"0+{n}x60"
            for status, n in (("200", 90), ("400", 10))
        },
        "25m",
        {"RarefaultRequestsRefused"},
    ),
    "one feature drifts on one of two pods": (
        SERVED
        | {
            f'rarefault_drift_psi{{namespace="rarefault", pod="p-{pod}", model="press", feature="x"}}': f"{psi}x60"
            for pod, psi in ((1, 0.1), (2, 0.3))
        },
        "35m",
        {"RarefaultDrift"},
    ),
    "damage of one machine has begun, which one of two replicas knows": (
        SERVED
        | {
            f'rarefault_machine_{what}{{namespace="rarefault", pod="p-{pod}", model="press", machine="m-1"}}': "0 1x60"
            for what, pod in (("onset", 1), ("state", 1), ("onset", 2))
        },
        "2m",
        {"RarefaultMachineOnset"},
    ),
    "a machine is worn out": (
        SERVED
        | {
            f'rarefault_machine_{what}{{{BASE}, machine="m-1"}}': f"0 1 {value}x60"
            for what, value in (("onset", 1), ("state", 2))
        },
        "4m",
        {"RarefaultMachineOnset", "RarefaultMachineSevere"},
    ),
    "two values of each row are outside": (
        SERVED
        | {
            f'rarefault_out_of_range_total{{{BASE}, feature="x"}}': "0+600x60",
            f'rarefault_out_of_range_total{{{BASE}, feature="y"}}': "0+600x60",
            f'rarefault_predictions_total{{{BASE}, label="pass"}}': "0+600x60",
        },
        "40m",
        {"RarefaultOutOfRange"},
    ),
    "a broken version": (
        SERVED | {f'rarefault_reloads_total{{{BASE}, result="failed"}}': "0 0 1x60"},
        "10m",
        {"RarefaultModelBroken"},
    ),
    "not ready": (SERVED | {f"rarefault_ready{{{BASE}}}": "0x60"}, "10m", {"RarefaultNotReady"}),
    "the log is slow": (
        SERVED | {f"rarefault_request_log_dropped_total{{{BASE}}}": "0+5x60"},
        "30m",
        {"RarefaultRequestLogDropped"},
    ),
    "a step of a retraining failed just now": (
        SERVED
        | {
            'kube_pod_status_phase{namespace="k", pod="retrain-a-system-container-impl-1", phase="Failed"}': "1x60",
            'kube_pod_completion_time{namespace="k", pod="retrain-a-system-container-impl-1"}': "0x60",
        },
        "5m",
        {"RarefaultRetrainingFailed"},
    ),
    "another pod failed, and a retraining did two days ago": (
        SERVED
        | {
            'kube_pod_status_phase{namespace="k", pod="other-1", phase="Failed"}': "1x60",
            'kube_pod_completion_time{namespace="k", pod="other-1"}': "0x60",
            'kube_pod_status_phase{namespace="k", pod="retrain-a-system-container-impl-1", phase="Failed"}': "1x60",
            'kube_pod_completion_time{namespace="k", pod="retrain-a-system-container-impl-1"}': "-172800x60",
        },
        "5m",
        set(),
    ),
    "MLflow is down": (
        SERVED | {'kube_deployment_status_replicas_available{namespace="rarefault", deployment="mlflow"}': "0x60"},
        "15m",
        {"RarefaultPlatformDown"},
    ),
    "the database is down": (
        SERVED | {'kube_statefulset_status_replicas_ready{namespace="rarefault", statefulset="database"}': "0x60"},
        "15m",
        {"RarefaultPlatformDown"},
    ),
    "a volume is full": (
        SERVED
        | {
            'kubelet_volume_stats_available_bytes{namespace="rarefault", persistentvolumeclaim="d"}': "5x60",
            'kubelet_volume_stats_capacity_bytes{namespace="rarefault", persistentvolumeclaim="d"}': "100x60",
        },
        "40m",
        {"RarefaultVolumeNearlyFull"},
    ),
    "no more replicas": (
        SERVED
        | {
            f"kube_horizontalpodautoscaler_{what}{SCALER}": "9x60"
            for what in ("status_current_replicas", "spec_max_replicas")
        },
        "20m",
        {"RarefaultReplicasAtLimit"},
    ),
}
