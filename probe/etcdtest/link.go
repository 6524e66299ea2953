package etcdtest

import (
	"fmt"
	"sync"
	"time"
)

// A Link is all traffic between two ends: two members, or the two sides of a [Proxy]. It starts unimpaired.
type Link struct {
	mu          sync.Mutex
	impairments [2]impairment
	cut         bool
	changed     chan struct{} // closed and replaced when an impairment changes
	relays      map[*relay]struct{}
	accepted    int
}

// An impairment delays or stalls the bytes of one direction.
type impairment struct {
	delay   time.Duration
	stalled bool
}

// The directions of a [Proxy]'s link. Those of two members' link lead from the alphabetically first one to the other,
// and back.
const (
	toServer = 0
	toClient = 1
)

// A OneWay is one direction of a [Link]: what one end sends to the other.
type OneWay struct {
	link *Link
	dir  int
}

func newLink() *Link {
	return &Link{changed: make(chan struct{}), relays: map[*relay]struct{}{}}
}

// Delay makes every byte in both directions arrive d later: a round trip takes 2d more. Throughput and order stay the
// same. It applies to bytes in flight, too.
func (l *Link) Delay(d time.Duration) {
	l.set(func(i *impairment) { i.delay = d }, toServer, toClient)
}

// Delay makes every byte in this direction arrive d later: a round trip takes d more.
func (o OneWay) Delay(d time.Duration) { o.link.set(func(i *impairment) { i.delay = d }, o.dir) }

// Latency is the current delay; the larger one if the directions differ.
func (l *Link) Latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.impairments[toServer].delay, l.impairments[toClient].delay)
}

// Stall keeps connections open, accepts new ones, and delivers nothing, like a firewall that drops packets. Heal
// delivers what was held.
func (l *Link) Stall() {
	l.set(func(i *impairment) { i.stalled = true }, toServer, toClient)
}

// Stall delivers nothing in this direction; the other one is unaffected.
func (o OneWay) Stall() { o.link.set(func(i *impairment) { i.stalled = true }, o.dir) }

// Cut resets all connections, and every new one as soon as it opens.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for r := range l.relays {
		r.reset()
	}
}

// Heal undoes Delay, Stall and Cut in both directions.
func (l *Link) Heal() {
	l.mu.Lock()
	l.cut = false
	l.mu.Unlock()
	l.set(func(i *impairment) { *i = impairment{} }, toServer, toClient)
}

// set changes the impairments of some directions and wakes whoever waits for one.
func (l *Link) set(change func(*impairment), dirs ...int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, i := range dirs {
		change(&l.impairments[i])
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

// Accepted is how many connections have been opened, including those that were cut.
func (l *Link) Accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// Open is how many connections there are now.
func (l *Link) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.relays)
}

// impairmentNow returns the impairment of a direction, and a channel that is closed when it changes.
func (l *Link) impairmentNow(i int) (now impairment, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.impairments[i], l.changed
}

// admit counts a connection and says whether it may live.
func (l *Link) admit() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	return !l.cut
}

// add adds r to the link; false if the link is cut.
func (l *Link) add(r *relay) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	l.relays[r] = struct{}{}
	return true
}

func (l *Link) remove(r *relay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.relays, r)
}

// Link returns the peer link between two members: all connections that either opens to the other. It needs
// [Config.PeerProxies].
func (c *Cluster) Link(a, b *Member) (*Link, error) {
	if !c.config.PeerProxies {
		return nil, fmt.Errorf("finding the link of %s and %s: the cluster was started without peer proxies", a.Name,
			b.Name)
	}
	if a.Name == b.Name {
		return nil, fmt.Errorf("finding the link of %s and itself: there is none", a.Name)
	}
	return c.link(a, b), nil
}

// OneWay returns what from sends to to, whichever of them opened the connection. It needs [Config.PeerProxies].
func (c *Cluster) OneWay(from, to *Member) (OneWay, error) {
	link, err := c.Link(from, to)
	return OneWay{link: link, dir: dirFrom(from, to)}, err
}

// dirFrom returns the direction, on two members' link, of what from sends.
func dirFrom(from, to *Member) int {
	if from.Name < to.Name {
		return toServer
	}
	return toClient
}

func (c *Cluster) link(a, b *Member) *Link {
	key := [2]string{min(a.Name, b.Name), max(a.Name, b.Name)}
	c.mu.Lock()
	defer c.mu.Unlock()
	link, ok := c.links[key]
	if !ok {
		link = newLink()
		c.links[key] = link
	}
	return link
}
